#include "program/report/gate.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "program/report/text_table.h"

namespace program {
namespace {

constexpr double kFamilyError = 0.05;

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Figure value_of(const Gate& gate, const FigureName& name, const Run& run) {
  const auto table = run.figures.find(name);
  return table == run.figures.end() ? Figure{} : gate.figure.value_in(table->second);
}

Figure possible_of(const Gate& gate, const FigureName& name, const Run& run) {
  const auto table = run.figures.find(name);
  return table == run.figures.end() ? Figure{} : gate.figure.possible_in(table->second);
}

std::string sentence(const GateOutcome& outcome, bool is_exact) {
  const std::string& unit = outcome.figure.unit;
  std::string text = unit_text(outcome.base, unit) + " to " + unit_text(outcome.fresh, unit);
  if (outcome.base <= 0) return text;
  text += ", " + change_text(outcome.fresh / outcome.base);
  if (outcome.ratio.low == outcome.ratio.high) return text + (is_exact ? " (exact)" : "");
  if (!std::isfinite(outcome.ratio.high)) return text;
  return text + " (" + change_text(outcome.ratio.low) + " to " + change_text(outcome.ratio.high) +
         ")";
}

double error_of_one(size_t gates) {
  return kFamilyError / static_cast<double>(std::max<size_t>(1, gates));
}

// What a person is to look at: the named function, else the one whose own part grew most, whether
// or not the runs are enough to say so of it alone.
void find_function(const Comparison& comparison, const std::string& function,
                   GateOutcome* outcome) {
  const Change* most = nullptr;
  for (const ComparedType& type : comparison.types) {
    if (type.name != outcome->figure) continue;
    for (const Change& change : type.functions) {
      if (!function.empty() ? !matches_function(function, change.function)
                            : change.verdict == Verdict::kMoved || change.own_change() <= 0) {
        continue;
      }
      if (most == nullptr || change.own_change() > most->own_change()) most = &change;
    }
  }
  if (most == nullptr) return;
  outcome->function = most->function, outcome->file = most->file, outcome->line = most->line;
}

// Rounding of the search for an interval's ends.
constexpr double kRounding = 1e-9;

CheckResult decide(const GateOutcome& outcome, bool is_certain, double alpha, double smallest_p,
                   double p) {
  if (!is_certain && smallest_p > alpha) return CheckResult::kUndecided;
  // Nothing to be a ratio of: any that is there is more than what is allowed.
  if (outcome.base <= 0) {
    return outcome.fresh > 0 && p <= alpha ? CheckResult::kFailed : CheckResult::kPassed;
  }
  const bool is_above = outcome.ratio.low > outcome.allowed * (1 + kRounding);
  return is_above ? CheckResult::kFailed : CheckResult::kPassed;
}

}  // namespace

std::optional<Gate> parse_gate(const std::string& text, std::string* error) {
  const size_t sign = text.rfind('>');
  *error = "a gate is FIGURE > +PERCENT%, for example 'cpu > +5%'";
  if (sign == std::string::npos) return std::nullopt;
  const std::string amount = trimmed(text.substr(sign + 1));
  char* end = nullptr;
  const double percent = strtod(amount.c_str(), &end);
  if (amount.empty() || amount[0] != '+' || std::string(end) != "%" || !std::isfinite(percent)) {
    return std::nullopt;
  }
  const auto figure = parse_figure(trimmed(text.substr(0, sign)), error);
  if (!figure) return std::nullopt;
  return Gate{trimmed(text), *figure, 1 + percent / 100};
}

std::vector<FunctionPattern> functions_of(const std::vector<Gate>& gates, const FigureName& name) {
  std::vector<FigurePattern> patterns;
  for (const Gate& gate : gates) patterns.push_back(gate.figure);
  return functions_of(patterns, name);
}

// Exchanges within n pairs have 2 / 2^n as their smallest p value.
size_t pairs_needed(size_t gates) {
  return static_cast<size_t>(std::ceil(std::log2(2 / error_of_one(gates))));
}

std::vector<CheckOutcome> checks_of(const std::vector<GateOutcome>& gates) {
  return {gates.begin(), gates.end()};
}

// One gate and what it is judged by.
struct Judging {
  const Gate& gate;
  const Comparer& comparer;
  double alpha;
  bool has_error_of_runs;  // several runs a side say how much they differ
  bool is_counted;         // the figure, not sampled

  struct Sides {
    Comparer::Pick base, fresh;
  };

  Comparer::Pick value() const {
    return [this](const Run& run) { return value_of(gate, figure, run); };
  }
  // With what may be the function's for want of whole stacks.
  Comparer::Pick most() const {
    return [this](const Run& run) {
      Figure sum = value_of(gate, figure, run);
      sum.add(possible_of(gate, figure, run));
      return sum;
    };
  }

  // Whether the figures of both sides are exact.
  bool judge(const Sides& sides, GateOutcome* outcome) const {
    const Difference difference = comparer.difference(sides.base, sides.fresh, 1 - alpha);
    outcome->base = difference.base, outcome->fresh = difference.fresh;
    outcome->ratio = difference.ratio;
    const bool is_exact = is_counted && difference.is_certain;
    // Measured without an error of sampling: how much runs differ is all that there is to know.
    const bool is_measured_once = !has_error_of_runs && difference.is_certain && !is_exact;
    outcome->result = is_measured_once ? CheckResult::kUndecided
                                       : decide(*outcome, difference.is_certain, alpha,
                                                comparer.smallest_p(), difference.p);
    return is_exact;
  }

  // A verdict that would be another one if the stacks that are not whole held the function.
  void doubt(GateOutcome* outcome) const {
    const bool is_passed = outcome->result == CheckResult::kPassed;
    if (!is_passed && outcome->result != CheckResult::kFailed) return;
    GateOutcome other = *outcome;
    judge(is_passed ? Sides{value(), most()} : Sides{most(), value()}, &other);
    if (other.result == outcome->result || other.result == CheckResult::kUndecided) return;
    const double more = is_passed ? other.fresh - outcome->fresh : other.base - outcome->base;
    outcome->result = CheckResult::kUndecided;
    outcome->why += "; " + unit_text(more, figure.unit) + " more of the " +
                    (is_passed ? "new" : "base") +
                    " side have stacks that are lost, cut or without names";
  }

  FigureName figure;
};

static void find_no_figure(const std::string& why, GateOutcome* outcome) {
  outcome->result = CheckResult::kNoFigure;
  outcome->why = why;
}

static GateOutcome evaluate(const Gate& gate, size_t gates, const Comparer& comparer,
                            const Comparison& comparison) {
  const double alpha = error_of_one(gates);
  const size_t pairs = pairs_needed(gates);
  GateOutcome outcome;
  outcome.text = gate.text, outcome.allowed = gate.allowed;
  std::vector<const ComparedType*> types;
  for (const ComparedType& type : comparison.types) {
    if (gate.figure.names(type.name)) types.push_back(&type);
  }
  if (types.size() != 1) {
    find_no_figure(types.empty() ? "neither side has this figure, or not all runs have"
                                 : "several modes have it: write " + types[0]->name.mode + "." +
                                       gate.figure.type,
                   &outcome);
    return outcome;
  }
  outcome.figure = types[0]->name;
  if (!comparer.has_match(gate.figure, outcome.figure)) {
    find_no_figure("no function of either side has this name", &outcome);
    return outcome;
  }
  const bool has_error_of_runs = comparison.method != Method::kSamplingError;
  const Judging judging{gate,          comparer, alpha, has_error_of_runs, types[0]->is_exact,
                        outcome.figure};
  const bool is_exact = judging.judge({judging.value(), judging.value()}, &outcome);
  outcome.why = sentence(outcome, is_exact);
  if (outcome.result == CheckResult::kUndecided) {
    outcome.why += "; too few runs for a verdict (" + std::to_string(pairs) + " pairs are enough)";
  }
  judging.doubt(&outcome);
  if (outcome.result != CheckResult::kPassed) {
    find_function(comparison, gate.figure.function, &outcome);
  }
  return outcome;
}

std::vector<GateOutcome> evaluate(const std::vector<Gate>& gates, const Comparer& comparer,
                                  const Comparison& comparison) {
  std::vector<GateOutcome> outcomes;
  for (const Gate& gate : gates) {
    outcomes.push_back(evaluate(gate, gates.size(), comparer, comparison));
  }
  return outcomes;
}

}  // namespace program
