// The kernel's CPU timers, as signals to a thread that has just used the CPU: they interrupt no
// wait.
//
// Two kinds: the process timer (setitimer(ITIMER_PROF), one signal for whatever thread runs) and
// one timer for each thread (timer_create on its CPU clock).
// docs/decisions/0003-cpu-signal-sources.md.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "collectors/threads/thread_part.h"
#include "env/sys/compiler/attributes.h"

namespace tick_timer {

// A timer is kept as the kernel's number + 1, so that a record of zeros has none. kMaking: the
// thread's timer is being made.
constexpr int32_t kNone = 0, kMaking = -1;

struct OfThread {
  HIDDEN static const uint32_t kPlace;  // in a thread's record
  std::atomic<int32_t> timer;
};
inline OfThread& of(Thread& thread) {
  return threads::part<OfThread>(thread);
}
inline const OfThread& of(const Thread& thread) {
  return threads::part<OfThread>(thread);
}

// A first expiry in (0, period] of a thread's own: threads shorter than a period are sampled in
// proportion, and threads that start together do not tick together. Advances `state`.
uint64_t first_expiry_ns(uint64_t& state, uint64_t period_ns);

// The process timer. arm returns false if the kernel refuses; disarm also takes back a signal that
// is already pending, so that nothing of it reaches another program image.
bool arm_process(uint64_t first_ns, uint64_t period_ns);
void disarm_process();

// The timer of one thread, by its number: any thread of the process may arm it. Ticks come as
// `signal` with our mark. False if the kernel refuses (then the thread is not sampled, counted).
bool arm_thread(Thread& thread, int signal, uint64_t first_ns, uint64_t period_ns);
void disarm_thread(Thread& thread);
// How many threads have a timer. It changes with the timers alone, whichever thread removes one.
uint32_t armed_threads();
// A timer on the process's CPU clock, whose ticks come to any thread, as `signal` with our mark;
// kNone if the kernel refuses. It is the caller's to take back.
int32_t arm_one(int signal, uint64_t period_ns);
// How many signals the user may have queued (each timer is one).
uint64_t room_for_timers();

// Arms a one-shot timer that goes off when the thread next uses the CPU; is_question distinguishes
// it from a tick. kNone if the kernel refuses, or there are so many that the host would have none.
// The caller must take it back, gone off or not.
int32_t ask(int32_t tid, int signal);
void take_back(int32_t question);
// Timers are not inherited. Context: forked child.
void forget();
// A tick or a question, whatever became of it.
bool is_ours(const siginfo_t& info);
// Context: signal handler.
bool is_question(const siginfo_t& info);

// The timer of a thread that has no record: its ticks carry `whose`. kNone if the kernel refuses.
int32_t arm_raw_thread(int32_t tid, int signal, void* whose, uint64_t first_ns, uint64_t period_ns);
bool is_alive(int32_t tid);

// The CPU time of a thread so far, of one by its number, of the process; 0 of a thread that has
// ended. Context: any thread of the process.
uint64_t cpu_time_ns(const Thread& thread);
uint64_t cpu_time_ns(int32_t tid);
uint64_t cpu_time_of_process_ns();

// How many ticks this signal stands for; 0 if it is none of ours. Context: signal handler.
uint32_t ticks_of(const siginfo_t& info, bool process_timer_is_ours);

}  // namespace tick_timer
