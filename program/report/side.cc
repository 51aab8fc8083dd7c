#include "program/report/side.h"

#include <algorithm>

#include "program/report/line_growth.h"

namespace program {
namespace {

constexpr double kSmallestShare = 0.01;  // of a side's total

}  // namespace

size_t runs_with(const std::vector<Run>& side, const FigureName& name) {
  const auto has_it = [&](const Run& run) { return run.figures.contains(name); };
  return static_cast<size_t>(std::count_if(side.begin(), side.end(), has_it));
}

bool has(const std::vector<Run>& side, const FigureName& name) {
  return runs_with(side, name) == side.size();
}

const FigureRow* row_of(const Run& run, const FigureName& name, const std::string& key) {
  const auto table = run.figures.find(name);
  if (table == run.figures.end()) return nullptr;
  const auto row = table->second.rows().find(key);
  return row == table->second.rows().end() ? nullptr : &row->second;
}

double mean_flat(const std::vector<Run>& side, const FigureName& name, const std::string& key) {
  double sum = 0;
  for (const Run& run : side) {
    const FigureRow* row = row_of(run, name, key);
    if (row != nullptr) sum += row->flat.value;
  }
  return sum / static_cast<double>(side.size());
}

static double mean_total(const std::vector<Run>& side, const FigureName& name) {
  double sum = 0;
  for (const Run& run : side) {
    const auto table = run.figures.find(name);
    if (table != run.figures.end()) sum += table->second.total().value;
  }
  return sum / static_cast<double>(side.size());
}

std::set<std::string> large_functions(const std::vector<Run>& side, const FigureName& name) {
  std::map<std::string, double> sums;
  for (const Run& run : side) {
    const auto table = run.figures.find(name);
    if (table == run.figures.end()) continue;
    for (const auto& [key, row] : table->second.rows()) sums[key] += row.cum.value;
  }
  const double least = kSmallestShare * mean_total(side, name) * static_cast<double>(side.size());
  std::set<std::string> large;
  for (const auto& [key, sum] : sums) {
    if (sum >= least && sum > 0) large.insert(key);
  }
  return large;
}

std::string main_caller(const std::vector<Run>& side, const FigureName& name,
                        const std::string& key) {
  std::map<std::string, double> sums;
  for (const Run& run : side) {
    const FigureRow* row = row_of(run, name, key);
    if (row == nullptr) continue;
    for (const auto& [caller, value] : row->callers) sums[caller] += value;
  }
  const auto most = std::max_element(
      sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == sums.end() ? "" : most->first;
}

// The mean of each line over the runs.
static std::map<int64_t, double> mean_lines(const std::vector<Run>& side, const FigureName& name,
                                            const std::string& key) {
  std::map<int64_t, double> lines;
  for (const Run& run : side) {
    const FigureRow* row = row_of(run, name, key);
    if (row == nullptr) continue;
    for (const auto& [line, value] : row->lines) {
      lines[line] += value / static_cast<double>(side.size());
    }
  }
  return lines;
}

int64_t grown_line(const std::vector<Run>& base, const std::vector<Run>& fresh,
                   const FigureName& name, const std::string& key) {
  const auto growth = line_growth(mean_lines(base, name, key), mean_lines(fresh, name, key));
  const auto most =
      std::max_element(growth.begin(), growth.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == growth.end() || most->second <= 0 ? 0 : most->first;
}

}  // namespace program
