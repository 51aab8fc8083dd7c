// The record of a thread, composed of the parts that the subsystems keep in it, and the one list of
// what happens when a thread begins and ends.
#pragma once

#include <pthread.h>

#include <cstdint>

#include "collectors/cpu/cpu_account.h"
#include "collectors/snapshot/snapshot_lock.h"
#include "collectors/snapshot/thread_snapshot.h"
#include "collectors/threads/threads.h"
#include "collectors/timers/tick_timer.h"
#include "collectors/trace/trace_ring.h"
#include "collectors/waits/waits.h"
#include "collectors/wall/thread_times.h"

namespace threads {

struct Record {
  Thread thread;
  tick_timer::OfThread timer;
  cpu_account::Account cpu;
  thread_snapshot::Called call;
  snapshot_on_demand::HeldOff held_off;
  thread_times::Account times;
  waits::OfThread waits;
  trace_ring::OfThread trace;
};

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

// A forked child has one thread. Context: forked child.
void forget_others();

}  // namespace threads
