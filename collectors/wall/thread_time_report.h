// The table of where each thread's time went, for the comments.
#pragma once

#include "collectors/wall/thread_times.h"
#include "env/sys/text.h"

namespace thread_time_report {

// Forgets the threads that have ended too. Context: start.
void forget();
// A new look at the threads that live. Context: cold, as add.
void begin();
void add(const Thread& thread, int tid, const thread_times::Sums& sums);
// Adds a thread that ends. Context: the thread itself.
void add_ended(const thread_times::Sums& sums);
// Lines for the comments. Context: cold.
void write(text::Builder& out);

}  // namespace thread_time_report
