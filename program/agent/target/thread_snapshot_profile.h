// The profile of every thread now: the threads of the process tell of themselves and each other
// where they come by (collectors/snapshot/snapshot_on_demand.h); of the others the kernel tells the
// names.
#pragma once

#include <string>

#include "program/agent/target/target_tables.h"

namespace program {

// While it lives the mode's rows are those of one call, which the constructor waits for: until all
// have reported, or for a second in which none came by. The rows of a process that ends stay as
// they are.
class ThreadSnapshot {
 public:
  ThreadSnapshot(const TargetTables& tables, unsigned mode);
  ThreadSnapshot(const ThreadSnapshot&) = delete;
  ThreadSnapshot& operator=(const ThreadSnapshot&) = delete;

  // The gzip'd profile with one sample for each thread: those without a snapshot have the stack
  // [unknown]. As it is where the process has ended, or is another's.
  void complete(std::string* bytes) const;

 private:
  CallDesk::Turn alone_;
  int pid_;
  bool was_called_ = false;
};

}  // namespace program
