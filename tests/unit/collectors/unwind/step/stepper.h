// Runs a target in a child process, one instruction at a time, and walks its stack at each.
//
// The child is forked and has the same code at the same addresses; its stack is memory that both
// share. So the walk is the one of the host, from registers that the kernel gives.
#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/unit/collectors/unwind/step/targets.h"

namespace step {

struct Loaded {
  const Target* targets;
  decltype(&step_enter) enter;
  uint64_t end;
  void (*handler)(int);
};

struct Wrong {
  long walks = 0;
  std::set<uint64_t> offsets;
};

struct Outcome {
  long steps = 0, right = 0;           // walks as from a signal
  long calls = 0, calls_right = 0;     // walks as from an interposer
  std::map<std::string, Wrong> wrong;  // by the function where the thread was
  std::string first_wrong;
  std::string failure;  // of the stepping itself; empty: the target ran to its end
};

enum class Way {
  kPlain,
  kUnknownStack,  // as on a thread whose stack is not known
  // Before each instruction a signal is handled; the walks are those from its handler, through the
  // frame that it interrupted.
  kSignals,
};

Outcome run(const Loaded& loaded, const Target& target, Way way);

}  // namespace step
