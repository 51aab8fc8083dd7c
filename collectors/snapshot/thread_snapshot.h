// Every thread of the process, now: where it waits, or what it is just doing.
//
// The caller inspects a waiting thread from outside: by the wait that it published, or by the call
// that the kernel reports. A one-shot timer on a running thread's own CPU clock asks that thread.
// Such a timer reaches only a thread that uses the CPU: no wait is disturbed.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>

#include "collectors/threads/thread_part.h"
#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

namespace thread_snapshot {

// The request to a thread in a roll call, and its answer. Only the caller changes it, but for the
// answer.
struct Called {
  HIDDEN static const uint32_t kPlace;  // in a thread's record
  std::atomic<uint32_t> state;
  std::atomic<layout::Ref> stack;
  int32_t tid;    // whose this is: the record may be another thread's by now
  int32_t timer;  // tick_timer::ask
};
inline Called& of(Thread& thread) {
  return threads::part<Called>(thread);
}
inline const Called& of(const Thread& thread) {
  return threads::part<Called>(thread);
}

struct Present {
  int tid;
  uint32_t record;  // of the thread, from 1; 0: it has none
  layout::Ref labels;
  layout::Ref state;  // Text
  layout::Ref stack;
};

// The request to the threads. `signal`: its handler calls answers(), 0: none.
struct Round {
  int signal;
  void (*present)(const Present& thread);
  bool last;  // what is known is reported
};

// Marks all threads missing and withdraws earlier requests. Then the caller hears each record, in
// use or not, again until hear() is true. Context: one thread at a time.
void begin();
bool hear(Thread& thread, const Round& round) SIGNAL_SAFE;
// The calling thread reports itself, if it is still missing.
bool is_missing(Thread& self);
// True once in each call for a record in use: the caller deals with it itself.
bool take_once(Thread& thread);
void tell_own(Thread& self, layout::Ref state, layout::Ref stack,
              void (*present)(const Present& thread));
// A raw thread.
void present_raw_thread(int tid, void (*present)(const Present& thread));
// The numbers of those are looked up, then given one by one: 0, no more. Of 512 at most. Context:
// one thread at a time.
void list_raw_threads();
int next_raw_thread();

// Calls present() for every thread but the calling one. `signal`: its handler calls answers(). 0:
// none, then a running thread is reported only as running, as is one that does not answer within
// kLongest_ns. Context: cold; one thread at a time.
constexpr uint64_t kLongest_ns = 400000000;
void take(int signal, void (*present)(const Present& thread));

// Calls unknown(tid) for each raw thread (raw clone), with its number. Context: cold.
void each_raw_thread(void (*unknown)(int tid));

// The LabelSet with the name that the kernel has for a thread, and its number. Context: any.
layout::Ref labels_of(int tid, bool is_numbered = false) SIGNAL_SAFE;

// True if the signal was a question to this thread; then it has answered. Context: signal handler.
bool answers(const siginfo_t& info, const void* context);

}  // namespace thread_snapshot
