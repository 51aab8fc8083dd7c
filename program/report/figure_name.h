// `[mode.]type[function]@program`: how a limit or a gate names a figure. contract: "Names of
// figures".
#pragma once

#include <optional>
#include <string>

#include "program/profiles/runs.h"

namespace program {

// Brackets and '*' are ordinary in C++ names: a whole name is compared before a glob is tried.
bool matches_function(const std::string& pattern, const std::string& name);

struct FigurePattern {
  std::string mode, type;
  std::string function;  // a whole demangled name or a glob; empty: the total
  bool is_flat = false;

  // Whether it names this sample type.
  bool names(const FigureName& name) const;
  // The sum over the functions that it names; a sample that two of them share counts in both.
  Figure value_in(const FigureTable& table) const;
  // Whether it names the total, or a function that is there.
  bool has_match_in(const FigureTable& table) const;
};

// Nothing, and why, if the text is no figure's name.
std::optional<FigurePattern> parse_figure(const std::string& text, std::string* error);

// "64M", "1.5s", "3": in the base unit of a sample type. Nothing if it is none.
std::optional<double> parse_amount(const std::string& text);

}  // namespace program
