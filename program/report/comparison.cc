#include "program/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "program/report/side.h"

namespace program {
namespace {

using statistics::Interval;
using statistics::Observations;

constexpr double kFamilyError = 0.05;

std::vector<double> values_of(const std::vector<Figure>& figures) {
  std::vector<double> values;
  for (const Figure& figure : figures) values.push_back(figure.value);
  return values;
}

// Counted, and the same in all runs of each side: nothing about it is uncertain.
bool is_certain(const std::vector<Figure>& before, const std::vector<Figure>& after) {
  for (const auto* side : {&before, &after}) {
    for (const Figure& figure : *side) {
      if (figure.variance > 0 || figure.value != side->front().value) return false;
    }
  }
  return true;
}

double mean_of(const std::vector<Figure>& figures) {
  return statistics::mean(values_of(figures));
}

std::string key_of(const Change& change) {
  return change.function + '\n' + change.file.substr(change.file.rfind('/') + 1);
}

bool is_change(Verdict verdict) {
  return verdict == Verdict::kMore || verdict == Verdict::kLess;
}

}  // namespace

Comparer::Comparer(const std::vector<Run>& base, const std::vector<Run>& fresh, bool paired)
    : base_(base),
      fresh_(fresh),
      method_(base.size() == 1 && fresh.size() == 1   ? Method::kSamplingError
              : paired && base.size() == fresh.size() ? Method::kPairs
                                                      : Method::kGroups),
      exchanges_(method_ == Method::kGroups
                     ? statistics::Exchanges::of_groups(base.size(), fresh.size())
                     : statistics::Exchanges::of_pairs(base.size())) {}

std::vector<Figure> Comparer::figures(const std::vector<Run>& side, const FigureName& name,
                                      const std::string& key) const {
  std::vector<Figure> all;
  for (const Run& run : side) {
    const auto table = run.figures.find(name);
    if (table == run.figures.end()) {
      all.emplace_back();
    } else if (key.empty()) {
      all.push_back(table->second.total());
    } else {
      const FigureRow* row = row_of(run, name, key);
      all.push_back(row != nullptr ? row->cum : Figure{});
    }
  }
  return all;
}

Interval Comparer::interval_of(const std::vector<Figure>& before, const std::vector<Figure>& after,
                               double level) const {
  const Interval unbounded{0, std::numeric_limits<double>::infinity()};
  if (mean_of(before) <= 0) return unbounded;
  if (is_certain(before, after)) {
    const double ratio = after.front().value / before.front().value;
    return {ratio, ratio};
  }
  if (method_ != Method::kSamplingError) {
    return statistics::ratio_interval(exchanges_, {values_of(before), values_of(after)}, level);
  }
  return statistics::ratio_interval_of_errors(before[0].value, before[0].variance, after[0].value,
                                              after[0].variance, level);
}

static std::vector<Figure> picked(const std::vector<Run>& side, const Comparer::Pick& pick) {
  std::vector<Figure> all;
  for (const Run& run : side) all.push_back(pick(run));
  return all;
}

Interval Comparer::interval(double level, const Pick& pick) const {
  return interval_of(picked(base_, pick), picked(fresh_, pick), level);
}

double Comparer::p_value(const Pick& pick) const {
  const auto before = picked(base_, pick), after = picked(fresh_, pick);
  if (is_certain(before, after)) return mean_of(before) == mean_of(after) ? 1 : 0;
  if (method_ != Method::kSamplingError) {
    return statistics::p_value(exchanges_, {values_of(before), values_of(after)});
  }
  return statistics::p_value_of_errors(before[0].value, before[0].variance, after[0].value,
                                       after[0].variance);
}

double Comparer::mean_of_base(const Pick& pick) const {
  return mean_of(picked(base_, pick));
}

double Comparer::mean_of_fresh(const Pick& pick) const {
  return mean_of(picked(fresh_, pick));
}

ComparedType Comparer::compared(const FigureName& name) const {
  ComparedType type;
  type.name = name;
  type.is_exact = true;
  for (const auto* side : {&base_, &fresh_}) {
    for (const Run& run : *side) {
      const auto table = run.figures.find(name);
      if (table != run.figures.end() && !table->second.is_exact()) type.is_exact = false;
    }
  }
  std::set<std::string> keys = large_functions(base_, name);
  keys.merge(large_functions(fresh_, name));
  for (const std::string& key : keys) {
    Change change;
    change.function = key.substr(0, key.find('\n'));
    for (const auto* side : {&fresh_, &base_}) {
      const auto found = std::find_if(side->begin(), side->end(), [&](const Run& run) {
        return row_of(run, name, key) != nullptr;
      });
      if (found != side->end()) change.file = row_of(*found, name, key)->place;
    }
    change.line = grown_line(base_, fresh_, name, key);
    change.flat_base = mean_flat(base_, name, key);
    change.flat_fresh = mean_flat(fresh_, name, key);
    type.functions.push_back(change);
  }
  return type;
}

void Comparer::judge_one(const ComparedType& type, Change* change) const {
  const Verdict direction = change->fresh > change->base ? Verdict::kMore : Verdict::kLess;
  const std::string key = change->function.empty() ? "" : key_of(*change);
  const auto before = figures(base_, type.name, key), after = figures(fresh_, type.name, key);
  if (type.is_exact && is_certain(before, after)) {
    change->p = change->fresh == change->base ? 1 : 0;
  } else if (method_ != Method::kSamplingError && exchanges_.smallest_p() > kFamilyError) {
    change->verdict = Verdict::kTooFewRuns;
    return;
  }
  change->verdict = change->p < kFamilyError ? direction : Verdict::kNoChange;
}

// One family: every figure of the comparison.
void Comparer::judge(std::vector<ComparedType>* types) const {
  std::vector<Tested> family;
  for (ComparedType& type : *types) {
    const auto add = [&](Change* change) {
      const std::string key = change->function.empty() ? "" : key_of(*change);
      family.push_back({change, figures(base_, type.name, key), figures(fresh_, type.name, key)});
    };
    add(&type.total);
    for (Change& change : type.functions) add(&change);
  }
  std::vector<Observations> observations;
  for (const Tested& each : family) {
    each.change->base = mean_of(each.before), each.change->fresh = mean_of(each.after);
    each.change->ratio = interval_of(each.before, each.after, 1 - kFamilyError);
    observations.push_back({values_of(each.before), values_of(each.after)});
  }
  if (method_ != Method::kSamplingError) {
    const auto adjusted = statistics::adjusted_p_values(exchanges_, observations);
    for (size_t i = 0; i < family.size(); i++) family[i].change->p = adjusted[i];
    return;
  }
  for (const Tested& each : family) {
    const double p = statistics::p_value_of_errors(each.before[0].value, each.before[0].variance,
                                                   each.after[0].value, each.after[0].variance);
    each.change->p = std::fmin(1, p * static_cast<double>(family.size()));
  }
}

// A function that changed while its caller as a whole did not, and the caller's own part changed
// the other way by as much: one of the builds inlined it.
static void find_moved(const std::vector<Run>& base, const std::vector<Run>& fresh,
                       ComparedType* type) {
  for (Change& change : type->functions) {
    if (!is_change(change.verdict)) continue;
    const auto& fuller = change.change() > 0 ? fresh : base;
    const std::string caller = main_caller(fuller, type->name, key_of(change));
    const auto found = std::find_if(type->functions.begin(), type->functions.end(),
                                    [&](const Change& other) { return key_of(other) == caller; });
    if (found == type->functions.end() || is_change(found->verdict)) continue;
    const double own = found->flat_fresh - found->flat_base;
    const bool is_opposite = own * change.change() < 0;
    if (is_opposite && std::fabs(own) > std::fabs(change.change()) / 2) {
      change.verdict = Verdict::kMoved;
    }
  }
}

Comparison Comparer::compare() const {
  Comparison result;
  result.method = method_;
  result.base_runs = base_.size(), result.fresh_runs = fresh_.size();
  std::set<FigureName> names;
  for (const auto* side : {&base_, &fresh_}) {
    for (const Run& run : *side) {
      for (const auto& [name, table] : run.figures) names.insert(name);
    }
  }
  for (const FigureName& name : names) {
    if (has(base_, name) && has(fresh_, name)) {
      result.types.push_back(compared(name));
    } else {
      result.remarks.push_back(name.mode + "." + name.type + ": only the " +
                               (has(base_, name) ? "base" : "new") + " side has it");
    }
  }
  judge(&result.types);
  for (ComparedType& type : result.types) {
    judge_one(type, &type.total);
    for (Change& change : type.functions) judge_one(type, &change);
    find_moved(base_, fresh_, &type);
    std::sort(type.functions.begin(), type.functions.end(), [](const Change& a, const Change& b) {
      if (is_change(a.verdict) != is_change(b.verdict)) return is_change(a.verdict);
      const double own_a = std::fabs(a.flat_fresh - a.flat_base);
      const double own_b = std::fabs(b.flat_fresh - b.flat_base);
      return own_a != own_b ? own_a > own_b : a.function < b.function;
    });
  }
  return result;
}

}  // namespace program
