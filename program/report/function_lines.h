// The lines of functions with their figures: what `profiler list` shows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "program/profiles/figures.h"

namespace program {

struct ListedFunction {
  std::string name, file;
  Figure flat, cum;
  std::map<int64_t, std::pair<Figure, Figure>> lines;  // flat and cum of each line
};

// Sums of one sample type by function and by line.
class FunctionLines {
 public:
  void add(const Profile& profile, int type);

  const Figure& total() const { return functions_.total(); }
  // The functions of that name, or of a glob; the largest cum first. A name that stands for
  // functions of several files has an entry for each file.
  std::vector<ListedFunction> matching(const std::string& pattern) const;

 private:
  FigureTable functions_{Grouping::kFunction}, lines_{Grouping::kLine};
};

}  // namespace program
