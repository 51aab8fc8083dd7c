// Lines on stderr: formatted in a buffer on the stack, one write, no stdio, no allocation.
//
// A line is written only if the level allows it and descriptor 2 is still the file that it was when
// the program started: a host that closed it or put its own file there gets nothing from us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "env/sys/text.h"

namespace logging {

enum class Level : int { kQuiet = 0, kError = 1, kInfo = 2, kDebug = 3 };

// Notes which file descriptor 2 is; called once, at load. Context: start.
void remember_stderr();
// True if descriptor 2 was a terminal at load. Context: start.
bool stderr_is_terminal();
void set_level(Level level);
bool enabled(Level level);

// One line, "profiler: " in front and a newline behind. Longer lines are cut.
// Context: any but a signal handler that must not write.
class Line {
 public:
  explicit Line(Level level);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  Line& operator<<(std::string_view text);  // bytes below space become '?'
  Line& operator<<(uint64_t number);
  Line& operator<<(int number);

 private:
  bool enabled_;
  char bytes_[1024];
  text::Builder text_;
};

}  // namespace logging
