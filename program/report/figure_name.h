// `[mode.]type[function]@program`: how a limit or a gate names a figure. contract: "Names of
// figures".
#pragma once

#include <optional>
#include <string>

#include "program/profiles/runs.h"

namespace program {

struct FigurePattern : FunctionPattern {  // without a function: the total
  std::string mode, type;

  // Whether it names this sample type.
  bool names(const FigureName& name) const;
  // Context, of all three: a table that watches it.
  Figure value_in(const FigureTable& table) const;
  // How much more it may be, for want of whole stacks.
  Figure possible_in(const FigureTable& table) const;
  // Whether it names the total, or a function that is there.
  bool has_match_in(const FigureTable& table) const;
};

// Nothing, and why, if the text is no figure's name.
std::optional<FigurePattern> parse_figure(const std::string& text, std::string* error);

// Those of the patterns that ask for a function of this sample type.
std::vector<FunctionPattern> functions_of(const std::vector<FigurePattern>& patterns,
                                          const FigureName& name);

struct Amount {
  double number = 0;           // in the base unit of a sample type
  const char* unit = nullptr;  // "bytes" or "nanoseconds"; null: it was given without one
};

// "64M", "1.5s", "3". Nothing if it is none.
std::optional<Amount> parse_amount(const std::string& text);

}  // namespace program
