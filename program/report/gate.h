// A gate: how much more of a figure the new side may have, `cpu[parse] > +10%`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program/report/comparison.h"
#include "program/report/figure_name.h"

namespace program {

struct Gate {
  std::string text;
  FigurePattern figure;
  double allowed = 1;  // ratio of new to base
};

// Nothing, and one line, if the text is no gate.
std::optional<Gate> parse_gate(const std::string& text, std::string* error);

enum class GateResult { kPassed, kFailed, kUndecided, kNoFigure };

struct GateOutcome {
  Gate gate;
  GateResult result = GateResult::kPassed;
  FigureName figure;
  double base = 0, fresh = 0;
  statistics::Interval ratio;
  std::string why;             // one sentence
  std::string function, file;  // the function to look at: the one named, or what changed most
  int64_t line = 0;
};

// A gate fails only if the interval of its figure lies above what it allows. The intervals together
// have an error of 5 %: each is at 1 - 0.05 / gates.
std::vector<GateOutcome> evaluate(const std::vector<Gate>& gates, const Comparer& comparer,
                                  const Comparison& comparison);

}  // namespace program
