// The processes of a tree, by number and birth, so that a number that the kernel uses again is not
// taken for the process that had it.
#pragma once

#include <cstdint>
#include <map>

namespace program {

// CLOCK_BOOTTIME to 10 ms; 0: there is no such process.
uint64_t birth_of(int pid);

class Members {
 public:
  void add(int pid, uint64_t birth_ns);
  // The process was seen to have ended. Long after that its number says nothing any more.
  void ended(int pid, uint64_t now_ns);

  // The process lives and is a member, or descends from one. Those between may be no members.
  bool include(int pid) const;
  // A member of that number lived when a process was born that names it as its parent: both may be
  // gone by now.
  bool include_parent(int parent, uint64_t birth_ns) const;

 private:
  struct Member {
    uint64_t birth_ns, ended_ns;  // ended_ns 0: not seen to have ended
  };
  std::map<int, Member> members_;
};

}  // namespace program
