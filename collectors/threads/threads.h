// The threads that the profiler knows: a record for each, in memory of its own, used again after
// the thread's end. Lock-free; a record never moves.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <string_view>

#include "collectors/threads/labels.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/thread_state.h"
#include "tables/layout.h"

// What every record begins with; the parts of the subsystems follow (thread_part.h). A record of
// zeros is one in which nothing is: other threads see it before it is first used.
struct Thread {
  std::atomic<uint32_t> next_free;  // index + 1 of the next free record
  uint32_t index;
  std::atomic<int32_t> tid;  // 0: not in use, or not running yet
  pthread_t self;
  void* (*routine)(void*);  // what the host asked to run
  void* argument;
  uint64_t stack_size;        // 0: unknown
  uint16_t believes_blocked;  // as its maker does, whose mask it gets
  bool is_numbered;           // its samples carry its number
  // collectors/threads/labels.h. Of the sets 0 means: to be made, or none.
  std::atomic<layout::Ref> name;         // Text
  std::atomic<layout::Ref> labels;       // LabelSet of all
  std::atomic<layout::Ref> host_labels;  // LabelSet of what the host set
  std::atomic<HostLabels*> host;         // what it set, or null
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

// The calling thread gets this record: its stack bounds are noted, but others do not see it yet.
// `stack_size`: of its stack, 0 unknown. Context: the thread itself, before host code.
void take_on(Thread& thread, uint64_t stack_size);
// The main thread, whose stack the kernel made. Context: start; forked child.
void take_on_main(Thread& thread);
// The calling thread keeps its record. Context: forked child.
void take_on_again();
// From here on other threads see it under its number. Context: the thread itself.
void publish(Thread& thread);
// The calling thread has no record any more. Context: the thread itself.
void leave(Thread& thread);

// The name that the kernel would keep, 15 bytes of it, and the one that it has for the calling
// thread. Context: any.
layout::Ref name_text(std::string_view name) SIGNAL_SAFE;
layout::Ref name_in_kernel() SIGNAL_SAFE;

// The set with this name, of which the kernel would keep 15 bytes, and this number (0: none).
// Context: any.
layout::Ref labels_for(std::string_view name, int32_t tid) SIGNAL_SAFE;

// Whether a thread of this number has a record. Context: any.
bool is_known(int32_t tid) SIGNAL_SAFE;

// Whether a thread of this number has ended lately, and may still be on its way: destructors of
// thread-local memory come after its end here. Context: any.
bool has_ended(int32_t tid) SIGNAL_SAFE;
// The same, but true once for an end: a thread that is still there at a later call takes long to
// end. Context: any.
bool has_just_ended(int32_t tid) SIGNAL_SAFE;

// How large a record is, with all its parts.
HIDDEN extern const uint32_t record_size;

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
    // Acquire: pairs with publish's release; the record is whole.
    if (thread.tid.load(std::memory_order_acquire) != 0) visit(thread);
  });
}

}  // namespace threads
