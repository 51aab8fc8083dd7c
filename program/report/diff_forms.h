// A comparison as a person or a program reads it.
#pragma once

#include <string>
#include <vector>

#include "program/report/comparison.h"
#include "program/report/gate.h"

namespace program {

struct FormOptions {
  size_t functions = 15;  // rows of each sample type
  size_t columns = 0;     // of the terminal; 0: no limit
  bool has_colours = false;
};

// "10 runs of base, 10 runs of new: a permutation test over pairs of runs".
std::string method_text(const Comparison& comparison);

std::string diff_text(const Comparison& comparison, const std::vector<GateOutcome>& gates,
                      const FormOptions& options);
std::string diff_markdown(const Comparison& comparison, const std::vector<GateOutcome>& gates,
                          const FormOptions& options);
// docs/reference has its schema.
std::string diff_json(const Comparison& comparison, const std::vector<GateOutcome>& gates);

}  // namespace program
