// An absolute limit on a figure: `alloc_space=64M`, `fd@worker=0`. contract: "Names of figures".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "program/profiles/figures.h"
#include "program/report/check.h"
#include "program/report/figure_name.h"

namespace program {

struct Limit {
  std::string text;
  FigurePattern figure;
  std::string program;         // empty: the sum over all processes
  double maximum = 0;          // in the unit of the figure
  const char* unit = nullptr;  // in which it was given; null: without one
};

// Nothing, and one line, if the text is no limit.
std::optional<Limit> parse_limit(const std::string& text, std::string* error);

// False after one line if a text is no limit.
bool parse_limits(const std::string& subcommand, const std::vector<std::string>& texts,
                  std::vector<Limit>* limits);

// The mode that has the figure; empty if several or none of those that are built in have.
std::string mode_for(const Limit& limit);

// What the files of a run hold, of all its processes and of each program.
class LimitedFigures {
 public:
  explicit LimitedFigures(std::vector<Limit> limits) : limits_(std::move(limits)) {}

  void add(const Profile& profile);

  // A limit is exceeded if the value is above it; if the figure is sampled, if its whole 95 %
  // interval is. kNoFigure: no file has the figure, or it would be exceeded if stacks that are not
  // whole held the function. Context: a limit that the constructor was given.
  CheckOutcome evaluate(const Limit& limit) const;
  std::vector<CheckOutcome> evaluate_all() const;

 private:
  using Tables = std::map<FigureName, FigureTable>;
  FigureTable& table(const std::string& whose, const FigureName& name);

  std::vector<Limit> limits_;
  std::map<std::string, Tables> tables_;  // by program; "" has all
};

// Reads the files and judges all limits. Nothing after one line if a file cannot be read.
std::optional<std::vector<CheckOutcome>> check_limits(const std::vector<Limit>& limits,
                                                      const std::vector<std::string>& files);

std::string limits_markdown(const std::vector<CheckOutcome>& checks);

}  // namespace program
