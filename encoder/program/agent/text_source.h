// A long text that is made piece by piece, so that it is never whole in memory.
#pragma once

#include <cstddef>
#include <string>

namespace program {

class TextSource {
 public:
  TextSource() = default;
  virtual ~TextSource() = default;
  TextSource(const TextSource&) = delete;
  TextSource& operator=(const TextSource&) = delete;

  // Appends the next piece; false when nothing is left.
  virtual bool next(std::string* text) = 0;
  // What it takes until it is destroyed.
  virtual size_t held_bytes() const = 0;

  std::string rest() {
    std::string text;
    while (next(&text)) continue;
    return text;
  }
};

}  // namespace program
