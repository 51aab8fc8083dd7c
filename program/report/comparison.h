// Two sides of runs, compared: totals and functions with their change, its 95 % interval and what
// can be said of it. decisions/0021 has the reasons.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "program/profiles/runs.h"
#include "program/report/figure_name.h"
#include "program/statistics/observations.h"

namespace program {

enum class Verdict {
  kNoChange,  // none that the runs can show
  kMore,      // the adjusted p value is below 0.05, or the figures are exact
  kLess,
  kMoved,       // changed, but only together with its caller's own time: inlining moved
  kTooFewRuns,  // no result of this many runs could be a verdict
};

struct Change {
  std::string function, file;  // empty: the total
  int64_t line = 0;            // the line of the function that grew most; 0: not known
  double base = 0, fresh = 0;  // means over runs
  double flat_base = 0, flat_fresh = 0;
  statistics::Interval ratio;  // of fresh / base, 95 %
  double p = 1;                // adjusted over all figures of the comparison
  Verdict verdict = Verdict::kNoChange;
  double change() const { return fresh - base; }
  double own_change() const { return flat_fresh - flat_base; }
};

struct ComparedType {
  FigureName name;
  bool is_exact = false;
  Change total;
  std::vector<Change> functions;  // at least 1 % of a side; changed ones first, by their own change
};

enum class Method { kPairs, kGroups, kSamplingError };

struct Comparison {
  Method method = Method::kSamplingError;
  size_t base_runs = 0, fresh_runs = 0;
  std::vector<ComparedType> types;
  std::vector<std::string> remarks;  // modes and types that one side alone has
};

// One figure of two sides.
struct Difference {
  statistics::Observations values;
  double base = 0, fresh = 0;  // means
  statistics::Interval ratio;  // of fresh / base, at the level asked for
  double p = 1;                // two-sided, of "as much as base"; not adjusted
  bool is_certain = false;     // counted, and the same in all runs of each side
};

// Pairs are runs of one index: the caller says whether they were made in turn.
class Comparer {
 public:
  Comparer(const std::vector<Run>& base, const std::vector<Run>& fresh, bool paired);

  Comparison compare() const;

  // One figure of both sides: `pick` gives it of a run.
  using Pick = std::function<Figure(const Run&)>;
  Difference difference(const Pick& pick, double level) const {
    return difference(pick, pick, level);
  }
  Difference difference(const Pick& base, const Pick& fresh, double level) const;
  // Whether a run of either side has what the pattern names.
  bool has_match(const FigurePattern& pattern, const FigureName& name) const;
  // Below this no p value can come out; 0 where it is not one of exchanges.
  double smallest_p() const;

 private:
  struct Tested {
    Change* change;
    bool is_exact;  // its type
    Difference difference;
  };
  std::string holders_of(const FigureName& name) const;
  ComparedType compared(const FigureName& name) const;
  std::vector<Tested> family_of(std::vector<ComparedType>* types) const;
  void judge(std::vector<ComparedType>* types) const;
  std::vector<double> adjusted(const std::vector<Tested>& family) const;
  Verdict verdict_of(const Tested& tested) const;

  const std::vector<Run>& base_;
  const std::vector<Run>& fresh_;
  Method method_;
  statistics::Exchanges exchanges_;
};

}  // namespace program
