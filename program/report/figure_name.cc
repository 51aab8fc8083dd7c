#include "program/report/figure_name.h"

#include <cmath>
#include <cstdlib>
#include <string_view>

namespace program {
namespace {

constexpr std::string_view kFlat = "flat:";

}  // namespace

bool FigurePattern::names(const FigureName& name) const {
  return type == name.type && (mode.empty() || mode == name.mode);
}

Figure FigurePattern::value_in(const FigureTable& table) const {
  if (function.empty()) return table.total();
  const FunctionFigure* watched = table.watched(*this);
  return watched != nullptr ? watched->value : Figure{};
}

Figure FigurePattern::possible_in(const FigureTable& table) const {
  const FunctionFigure* watched = function.empty() ? nullptr : table.watched(*this);
  return watched != nullptr ? watched->possible : Figure{};
}

bool FigurePattern::has_match_in(const FigureTable& table) const {
  if (function.empty()) return true;
  const FunctionFigure* watched = table.watched(*this);
  return watched != nullptr && watched->is_found;
}

std::vector<FunctionPattern> functions_of(const std::vector<FigurePattern>& patterns,
                                          const FigureName& name) {
  std::vector<FunctionPattern> functions;
  for (const FigurePattern& pattern : patterns) {
    if (!pattern.function.empty() && pattern.names(name)) functions.push_back(pattern);
  }
  return functions;
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

std::optional<Amount> parse_amount(const std::string& text) {
  static constexpr const char *kBytes = "bytes", *kTime = "nanoseconds";
  struct Unit {
    std::string_view name;
    double size;
    const char* of;
  };
  static constexpr Unit kUnits[] = {{"", 1, nullptr},          {"B", 1, kBytes},
                                    {"K", 1024, kBytes},       {"KiB", 1024, kBytes},
                                    {"M", 1048576, kBytes},    {"MiB", 1048576, kBytes},
                                    {"G", 1073741824, kBytes}, {"GiB", 1073741824, kBytes},
                                    {"ns", 1, kTime},          {"us", 1e3, kTime},
                                    {"ms", 1e6, kTime},        {"s", 1e9, kTime},
                                    {"m", 60e9, kTime}};
  char* end = nullptr;
  const double number = strtod(text.c_str(), &end);
  if (end == text.c_str() || !std::isfinite(number) || number < 0) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.name == end) return Amount{number * unit.size, unit.of};
  }
  return std::nullopt;
}

}  // namespace program
