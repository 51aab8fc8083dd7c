// A process that stands by while this one lives and does its work where it was killed: `timeout -s
// KILL 5 profiler run -- server` leaves a profile. In a session of its own, so that what ends the
// group of processes does not reach it, with no descriptor of anybody's.
#pragma once

#include <sys/types.h>

#include <functional>

namespace program {

class Rescue {
 public:
  // `work` runs in the other process, with nothing to write to, after this one has ended.
  explicit Rescue(const std::function<void()>& work);
  ~Rescue() { dismiss(); }
  Rescue(const Rescue&) = delete;
  Rescue& operator=(const Rescue&) = delete;

  // This process has done the work itself.
  void dismiss();

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;  // held by this process alone: its end is seen at the other one
};

}  // namespace program
