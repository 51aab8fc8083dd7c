// Runs a target in a child process, one instruction at a time, and walks its stack at each.
//
// The child is forked and has the same code at the same addresses; its stack is memory that both
// share. So the walk is the one of the host, from registers that the kernel gives.
#pragma once

#include <map>
#include <string>

#include "tests/unit/collectors/step/targets.h"

namespace step {

struct Loaded {
  const Target* targets;
  decltype(&step_enter) enter;
  uint64_t end;
  void (*handler)(int);
};

struct Outcome {
  long steps = 0, right = 0;
  std::map<std::string, long> wrong;  // by the function that was interrupted
  std::string first_wrong;
  std::string failure;  // of the stepping itself; empty: the target ran to its end
};

// `with_signals`: before each instruction a signal is handled, and the walks are those from its
// handler, through the frame that it interrupted.
Outcome run(const Loaded& loaded, const Target& target, bool with_signals);

}  // namespace step
