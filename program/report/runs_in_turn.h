// Runs of two commands in turn, each under `profiler run`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "program/report/run_cost.h"

namespace program {

struct TurnsOptions {
  std::vector<std::string> base, fresh;  // commands
  std::vector<std::string> run_options;  // of `profiler run`: --mode and the like
  std::string directory;                 // DIR/base/01/, DIR/new/01/, ... are made in it
  size_t pairs = 10;
  bool is_base_bare = false;  // base runs without the profiler
};

// What each run cost; under the profiler with the start of `profiler run` and its work on names.
struct TurnsCosts {
  std::vector<RunCost> base, fresh;
};

// Runs them as base new, new base, base new, ...: what drifts (heat, caches, other load) meets both
// sides alike. What a run prints goes to output.txt beside its profiles. False after one line, with
// the end of what it printed, at the first run that does not end with 0.
bool run_in_turn(const TurnsOptions& options, TurnsCosts* costs);

}  // namespace program
