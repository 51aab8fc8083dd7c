#include "program/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "program/report/side.h"

namespace program {
namespace {

using statistics::Observations;

constexpr double kFamilyError = 0.05;

// Counted, and the same in all runs: nothing about it is uncertain.
bool are_certain(const std::vector<Figure>& figures) {
  return std::all_of(figures.begin(), figures.end(), [&](const Figure& figure) {
    return figure.variance <= 0 && figure.value == figures.front().value;
  });
}

std::vector<Figure> picked(const std::vector<Run>& side, const Comparer::Pick& pick) {
  std::vector<Figure> all;
  for (const Run& run : side) all.push_back(pick(run));
  return all;
}

std::vector<double> values_of(const std::vector<Figure>& figures) {
  std::vector<double> values;
  for (const Figure& figure : figures) values.push_back(figure.value);
  return values;
}

// The total of a run, or the cum of one function.
Figure figure_of(const Run& run, const FigureName& name, const std::string& key) {
  if (!key.empty()) {
    const FigureRow* row = row_of(run, name, key);
    return row != nullptr ? row->cum : Figure{};
  }
  const auto table = run.figures.find(name);
  return table != run.figures.end() ? table->second.total() : Figure{};
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

double Comparer::smallest_p() const {
  return method_ == Method::kSamplingError ? 0 : exchanges_.smallest_p();
}

Difference Comparer::difference(const Pick& base, const Pick& fresh, double level) const {
  const std::vector<Figure> before = picked(base_, base), after = picked(fresh_, fresh);
  Difference all;
  all.values = {values_of(before), values_of(after)};
  all.base = statistics::mean(all.values.base), all.fresh = statistics::mean(all.values.fresh);
  all.is_certain = are_certain(before) && are_certain(after);
  all.ratio = {0, std::numeric_limits<double>::infinity()};
  const bool has_ratio = all.base > 0;
  const Figure& old_one = before.front();
  const Figure& new_one = after.front();
  if (all.is_certain) {
    all.p = all.base == all.fresh ? 1 : 0;
    const double ratio = new_one.value / old_one.value;
    if (has_ratio) all.ratio = {ratio, ratio};
  } else if (method_ == Method::kSamplingError) {
    all.p = statistics::p_value_of_errors(old_one.value, old_one.variance, new_one.value,
                                          new_one.variance);
    if (has_ratio) {
      all.ratio = statistics::ratio_interval_of_errors(old_one.value, old_one.variance,
                                                       new_one.value, new_one.variance, level);
    }
  } else {
    all.p = statistics::p_value(exchanges_, all.values);
    if (has_ratio) all.ratio = statistics::ratio_interval(exchanges_, all.values, level);
  }
  return all;
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
    for (const auto* side : {&base_, &fresh_}) {
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

// Every figure of the comparison.
std::vector<Comparer::Tested> Comparer::family_of(std::vector<ComparedType>* types) const {
  std::vector<Tested> family;
  for (ComparedType& type : *types) {
    const auto add = [&](Change* change, const std::string& key) {
      const auto pick = [&](const Run& run) { return figure_of(run, type.name, key); };
      family.push_back({change, type.is_exact, difference(pick, 1 - kFamilyError)});
    };
    add(&type.total, "");
    for (Change& change : type.functions) add(&change, key_of(change));
  }
  return family;
}

std::vector<double> Comparer::adjusted(const std::vector<Tested>& family) const {
  std::vector<Observations> observations;
  std::vector<double> bonferroni;
  for (const Tested& each : family) {
    observations.push_back(each.difference.values);
    bonferroni.push_back(std::fmin(1, each.difference.p * static_cast<double>(family.size())));
  }
  if (method_ == Method::kSamplingError) return bonferroni;
  return statistics::adjusted_p_values(exchanges_, observations);
}

Verdict Comparer::verdict_of(const Tested& tested) const {
  const bool is_counted = tested.is_exact && tested.difference.is_certain;
  if (!is_counted && smallest_p() > kFamilyError) return Verdict::kTooFewRuns;
  // Measured without an error of sampling: how much runs differ is all that there is to know.
  const bool is_measured = !is_counted && tested.difference.is_certain;
  if (is_measured && method_ == Method::kSamplingError) return Verdict::kTooFewRuns;
  if (tested.change->p >= kFamilyError) return Verdict::kNoChange;
  return tested.change->change() > 0 ? Verdict::kMore : Verdict::kLess;
}

void Comparer::judge(std::vector<ComparedType>* types) const {
  const std::vector<Tested> family = family_of(types);
  const std::vector<double> p_values = adjusted(family);
  for (size_t i = 0; i < family.size(); i++) {
    const Tested& tested = family[i];
    Change& change = *tested.change;
    change.base = tested.difference.base, change.fresh = tested.difference.fresh;
    change.ratio = tested.difference.ratio;
    const bool is_counted = tested.is_exact && tested.difference.is_certain;
    change.p = is_counted ? tested.difference.p : p_values[i];
    change.verdict = verdict_of(tested);
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
    const double own = found->own_change();
    const bool is_opposite = own * change.change() < 0;
    if (is_opposite && std::fabs(own) > std::fabs(change.change()) / 2) {
      change.verdict = Verdict::kMoved;
    }
  }
}

std::string Comparer::holders_of(const FigureName& name) const {
  const size_t in_base = runs_with(base_, name), in_fresh = runs_with(fresh_, name);
  if (in_fresh == 0) return "only the base side has";
  if (in_base == 0) return "only the new side has";
  const bool is_base = in_base < base_.size();
  return "only " + std::to_string(is_base ? in_base : in_fresh) + " of " +
         std::to_string((is_base ? base_ : fresh_).size()) + " runs of the " +
         (is_base ? "base" : "new") + " side have";
}

bool Comparer::has_match(const FigurePattern& pattern, const FigureName& name) const {
  for (const auto* side : {&base_, &fresh_}) {
    for (const Run& run : *side) {
      const auto table = run.figures.find(name);
      if (table != run.figures.end() && pattern.has_match_in(table->second)) return true;
    }
  }
  return false;
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
      result.remarks.push_back(name.mode + "." + name.type + ": " + holders_of(name) + " it");
    }
  }
  judge(&result.types);
  for (ComparedType& type : result.types) {
    find_moved(base_, fresh_, &type);
    std::sort(type.functions.begin(), type.functions.end(), [](const Change& a, const Change& b) {
      if (is_change(a.verdict) != is_change(b.verdict)) return is_change(a.verdict);
      const double own_a = std::fabs(a.own_change()), own_b = std::fabs(b.own_change());
      if (own_a != own_b) return own_a > own_b;
      return a.fresh != b.fresh ? a.fresh > b.fresh : a.function < b.function;
    });
  }
  return result;
}

}  // namespace program
