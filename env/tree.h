// What stands above this process: a profiled process, or one of the same run.
#pragma once

#include <cstdint>
#include <string_view>

#include "env/mapped_names.h"

namespace tree {

// Of the ancestors that this user owns; all false where /proc cannot be read
// (docs/decisions/0015-how-agents-are-found.md).
struct Above {
  // One of them maps tables. Not only the parent is asked: a launcher may record nothing.
  bool is_profiled = false;
  // One of them has the library and was started with all of our PROFILER_ variables: it has
  // printed what there is to say of them, and its other children write files too.
  bool is_same_run = false;
  // The nearest one that maps tables was started with all of our PROFILER_ variables: so it has an
  // agent if we want one, which looks for tables in this directory. Empty: there is none such.
  char watched_directory[kPathSize] = {};
};

// Context: start.
Above look_above(const char* const* environment);

// What /proc/PID/status says of a process.
struct Relation {
  int parent = 0;
  uint64_t user = ~uint64_t{0};  // effective
};
// False if the text lacks one of them.
bool read_relation(std::string_view status, Relation* relation);

// Counts which of our PROFILER_ variables an environment holds, given in pieces of any size with a
// zero byte behind each variable.
class SharedVariables {
 public:
  explicit SharedVariables(const char* const* ours);
  void take(std::string_view piece);
  // There is at least one, and each was met.
  bool are_all() const;

 private:
  void variable_ends();

  static constexpr unsigned kMost = 64;
  const char* const* ours_;
  uint64_t missing_ = 0;  // a bit for each of ours, in their order
  bool is_any_ = false;
  char variable_[1024] = {};  // the front of one that is longer
  size_t size_ = 0;
};

}  // namespace tree
