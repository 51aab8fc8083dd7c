// An estimate, and what a question about one function adds up.
#pragma once

#include <string>

namespace program {

// An estimate and the variance of its sampling error.
struct Figure {
  double value = 0, variance = 0;
  void add(double more, double its_variance) { value += more, variance += its_variance; }
  void add(const Figure& more) { add(more.value, more.variance); }
};

// Brackets and '*' are ordinary in C++ names: a whole name is compared before a glob is tried.
bool matches_function(const std::string& pattern, const std::string& name);

struct FunctionPattern {
  std::string function;  // a whole demangled name or a glob
  bool is_flat = false;  // its own part alone
  bool operator==(const FunctionPattern&) const = default;
};

// The samples whose stacks hold a function of that name, each once; flat: that begin with one.
struct FunctionFigure {
  FunctionPattern pattern;
  Figure value;
  // Of the other samples those whose stack was lost, cut, or has code without a name.
  Figure possible;
  bool is_found = false;
};

}  // namespace program
