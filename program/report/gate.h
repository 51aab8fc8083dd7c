// A gate: how much more of a figure the new side may have, `cpu[parse] > +10%`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program/report/check.h"
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

struct GateOutcome : CheckOutcome {
  double base = 0, fresh = 0, allowed = 1;
  statistics::Interval ratio;
};

// Pairs of runs without which no verdict is possible on figures that vary.
size_t pairs_needed(size_t gates);

// Without what only a comparison has.
std::vector<CheckOutcome> checks_of(const std::vector<GateOutcome>& gates);

// What the gates ask of a sample type.
std::vector<FunctionPattern> functions_of(const std::vector<Gate>& gates, const FigureName& name);

// A gate fails only if the interval of its figure lies above what it allows. The intervals together
// have an error of 5 %: each is at 1 - 0.05 / gates.
std::vector<GateOutcome> evaluate(const std::vector<Gate>& gates, const Comparer& comparer,
                                  const Comparison& comparison);

}  // namespace program
