// The labels that a thread carries onto its samples: its name, its number, and what the host set
// with profiler_label_set.
//
// The thread keeps the host's labels as its own bytes. They become an entry of the tables only when
// a sample is taken: so a label for each request costs a copy, and unused labels fill no table. A
// new set is written beside the one in use, then takes its place: a handler in between sees the
// old one.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

struct Thread;

struct HostLabels;  // a page; kept with the thread's record

namespace labels {

constexpr unsigned kMost = 16;
constexpr size_t kLongest = 255;  // a key or a value
// So many threads of a process carry their numbers. Rows of threads with equal names are one after
// that, so a server that makes threads all the time does not fill the tables.
constexpr uint32_t kMostNumbered = 512;

// 0 or a number of errno.h. An empty value clears. Context: any thread, not in a handler.
int set(std::string_view key, std::string_view value);
// An empty key clears all.
int clear(std::string_view key);

// The labels of the calling thread: all of them, and those that the host set. 0: none. Context:
// any.
layout::Ref here() SIGNAL_SAFE;
layout::Ref of_host_here() SIGNAL_SAFE;

// All labels of another thread. Without `with_number` they lack its number, which rows have then.
// Context: cold.
layout::Ref of(const Thread& thread, bool with_number = true);

// The record is another thread's now: a change that its last one was in the middle of is over.
// Context: the thread itself; forked child.
void begin(Thread& thread);

// The thread's name is this Text, or its tables are new. Context: any thread.
void named(Thread& thread, layout::Ref name);

// Whether one more thread carries its number: asked once for each. Context: any.
bool take_number() SIGNAL_SAFE;
// The set of a thread without a record: what the kernel calls it; tid 0: without its number.
// Context: any.
layout::Ref of_name(layout::Ref name, int32_t tid) SIGNAL_SAFE;

// A new thread begins with what its creator carries. Context: the creator, before it runs.
void inherit(Thread& child);

}  // namespace labels
