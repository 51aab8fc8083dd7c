#include "program/report/figure_name.h"

#include <fnmatch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace program {
namespace {

constexpr std::string_view kFlat = "flat:";

}  // namespace

bool matches_function(const std::string& pattern, const std::string& name) {
  return pattern == name || fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool FigurePattern::names(const FigureName& name) const {
  return type == name.type && (mode.empty() || mode == name.mode);
}

Figure FigurePattern::value_in(const FigureTable& table) const {
  if (function.empty()) return table.total();
  Figure sum;
  for (const auto& [key, row] : table.rows()) {
    const Figure& figure = is_flat ? row.flat : row.cum;
    if (matches_function(function, row.name)) sum.add(figure.value, figure.variance);
  }
  return sum;
}

bool FigurePattern::has_match_in(const FigureTable& table) const {
  const auto is_match = [&](const auto& row) {
    return matches_function(function, row.second.name);
  };
  return function.empty() || std::any_of(table.rows().begin(), table.rows().end(), is_match);
}

std::optional<FigurePattern> parse_figure(const std::string& text, std::string* error) {
  FigurePattern pattern;
  std::string rest = text;
  if (rest.starts_with(kFlat)) pattern.is_flat = true, rest = rest.substr(kFlat.size());
  const size_t open = rest.find('[');
  if (open != std::string::npos) {
    if (rest.back() != ']' || rest.size() == open + 2) {
      *error = "the function stands in brackets: cpu[parse]";
      return std::nullopt;
    }
    pattern.function = rest.substr(open + 1, rest.size() - open - 2);
    rest.resize(open);
  }
  const size_t dot = rest.find('.');
  if (dot != std::string::npos) pattern.mode = rest.substr(0, dot), rest = rest.substr(dot + 1);
  pattern.type = rest;
  if (pattern.type.empty() || pattern.type.find_first_of(" \t<>=+%") != std::string::npos ||
      (pattern.is_flat && pattern.function.empty())) {
    *error =
        "a figure is [mode.]type[function], for example alloc_space, block.delay or cpu[parse]";
    return std::nullopt;
  }
  return pattern;
}

std::optional<double> parse_amount(const std::string& text) {
  struct Unit {
    std::string_view name;
    double size;
  };
  static constexpr Unit kUnits[] = {
      {"", 1},          {"B", 1},          {"K", 1024},         {"KiB", 1024}, {"M", 1048576},
      {"MiB", 1048576}, {"G", 1073741824}, {"GiB", 1073741824}, {"ns", 1},     {"us", 1e3},
      {"ms", 1e6},      {"s", 1e9},        {"m", 60e9}};
  char* end = nullptr;
  const double number = strtod(text.c_str(), &end);
  if (end == text.c_str() || !std::isfinite(number) || number < 0) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.name == end) return number * unit.size;
  }
  return std::nullopt;
}

}  // namespace program
