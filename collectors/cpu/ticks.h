// Where CPU time goes: a tick of a CPU timer, the stack that it interrupted, and what that stands
// for; handed to the collectors that want it.
//
// A timer for each thread, on a signal that the host does not use (tick_signal.h), so that the host
// keeps SIGPROF and ITIMER_PROF. The process timer only where PROFILER_CPU_CLOCK=itimer asks for
// it: it loses ticks on a busy machine (docs/decisions/0003-cpu-signal-sources.md).
#pragma once

#include <cstdint>

#include "collectors/threads/threads.h"
#include "env/options.h"
#include "env/sys/text.h"

namespace ticks {

// A thread has used `cpu_ns` where `stack` is. Context: signal handler of the thread; its end;
// stop.
using Consumer = void (*)(Thread* thread, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns);

// The consumer needs ticks but no stacks.
constexpr uint32_t kNoMode = UINT32_MAX;

// Ticks go to `consumer` too, which records under `mode`, every `period_ns` of CPU time if they did
// not come yet. False (with a line said) if no signal is to be had. Context: start.
bool start(Consumer consumer, uint32_t mode, uint64_t period_ns, options::CpuClock clock);
// It gets what the threads have used beyond their ticks; the last one's going ends these. Called
// for one that was started. Context: stop.
void stop(Consumer consumer);
// Timers are not inherited. Context: forked child.
void forget();

// The calling thread begins, or ends, under this record. Context: the thread itself.
void thread_began(Thread& thread);
void thread_ending(Thread& thread);

// Takes the signal unless it is already held, so that thread_snapshot.h can ask threads by it. The
// signal stays taken. False (and logs a line) if no signal is free. Context: start.
bool hold_signal();

// Gives this signal of ours (tick_signal.h), and with the one that is held the process timer, to
// the host, with the action that it had; ticks go on by another. Context: sigaction, signal,
// setitimer.
void yield_signal(int number);
// True if ITIMER_PROF is ours.
bool holds_process_timer();

// Which clock it is, for the comments.
void note(text::Builder& out);

}  // namespace ticks
