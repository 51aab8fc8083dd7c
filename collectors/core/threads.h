// The threads that the profiler knows: a record for each, in memory of its own, used again after
// the thread's end. Lock-free; a record never moves.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <string_view>

#include "collectors/core/labels.h"
#include "collectors/core/thread_times.h"
#include "collectors/core/trace_ring.h"
#include "collectors/core/waits.h"
#include "env/safe/attributes.h"
#include "env/safe/layout.h"
#include "env/safe/thread_state.h"

// A thread's CPU time against the ticks that were recorded for it.
struct CpuAccount {
  uint64_t before_ns;                  // its clock when its timer was first armed
  std::atomic<uint64_t> next_ns;       // what its next tick stands for
  std::atomic<uint64_t> accounted_ns;  // what its ticks stood for; written by the thread alone
  std::atomic<bool> open;              // not settled yet
};

// What is asked of a thread when all are called (roll_call.h), and its answer. Changed by who calls
// alone, but for the answer.
struct Called {
  std::atomic<uint32_t> state;
  std::atomic<layout::Ref> stack;
  int32_t tid;    // whose this is: the record may be another thread's by now
  int32_t timer;  // tick_timer::ask
};

// A record of zeros is one in which nothing is: other threads see it before it is first used.
struct Thread {
  std::atomic<uint32_t> next_free;  // index + 1 of the next free record
  uint32_t index;
  std::atomic<int32_t> tid;    // 0: not in use, or not running yet
  std::atomic<int32_t> timer;  // its CPU timer (tick_timer.h)
  pthread_t self;
  void* (*routine)(void*);  // what the host asked to run
  void* argument;
  uint64_t stack_size;        // 0: unknown
  uint16_t believes_blocked;  // as its maker does, whose mask it gets
  bool is_numbered;           // its samples carry its number
  // collectors/core/labels.h. Of the sets 0 means: to be made, or none.
  std::atomic<layout::Ref> name;         // Text
  std::atomic<layout::Ref> labels;       // LabelSet of all
  std::atomic<layout::Ref> host_labels;  // LabelSet of what the host set
  std::atomic<HostLabels*> host;         // what it set, or null
  CpuAccount cpu;
  Called call;
  uint32_t holds_off;  // slices of roll calls, how often (asked_roll_call.h)
  uint64_t holds_off_frame;
  thread_times::Account times;
  waits::OfThread waits;
  trace_ring::OfThread trace;
};

namespace threads {

// Whether threads are to be known at all: while anything records. Context: start, stop.
void track(bool on);
bool are_tracked();

// A free record, or null when there is no memory for one. Context: any, not in a handler.
Thread* acquire();
void release(Thread& thread);

// Calls visit(thread) for every record in use. Records may come and go meanwhile.
template <typename Visit>
void for_each(Visit visit);

// The calling thread begins under this record: its number, stack bounds and name are noted.
// `stack_size`: of its stack, 0 unknown. Context: the thread itself, before host code.
void begin(Thread& thread, uint64_t stack_size);
// The main thread, whose stack the kernel made. Context: start; forked child.
void begin_main(Thread& thread);
// The calling thread goes on in fresh tables. Context: forked child.
void begin_again();
// The calling thread is about to end. Context: the thread itself.
void end(Thread& thread);

// Notes a thread's name: the calling thread's own, or the one with this handle.
void named(const char* name);
void named(pthread_t thread, const char* name);

// The set with this name, of which the kernel would keep 15 bytes, and this number (0: none).
// Context: any.
layout::Ref labels_for(std::string_view name, int32_t tid) SIGNAL_SAFE;

// Whether a thread of this number has a record. Context: any.
bool is_known(int32_t tid) SIGNAL_SAFE;

// Whether a thread of this number has ended lately, and may still be on its way: destructors of
// thread-local memory come after its end here. Context: any.
bool has_ended(int32_t tid) SIGNAL_SAFE;
// The same, but true once for an end: who is still there at a later question takes long to end.
// Context: any.
bool has_just_ended(int32_t tid) SIGNAL_SAFE;

// A forked child has one thread. Context: forked child.
void forget_others();

// For for_each.
uint32_t high_water();
Thread* at(uint32_t index);

// The kernel's number of the calling thread; a system call where the thread is not known.
// Context: any.
int32_t number_of_unknown() SIGNAL_SAFE;
inline int32_t own_number() SIGNAL_SAFE {
  const Thread* thread = thread_state.thread;
  return LIKELY(thread != nullptr) ? thread->tid.load(std::memory_order_relaxed)
                                   : number_of_unknown();
}

// Also those that are not in use.
template <typename Visit>
void for_each_record(Visit visit) {
  for (uint32_t i = 0; i < high_water(); i++) {
    if (Thread* thread = at(i); thread != nullptr) visit(*thread);
  }
}

template <typename Visit>
void for_each(Visit visit) {
  for_each_record([&](Thread& thread) {
    // Acquire: pairs with begin's release; the record is whole.
    if (thread.tid.load(std::memory_order_acquire) != 0) visit(thread);
  });
}

}  // namespace threads
