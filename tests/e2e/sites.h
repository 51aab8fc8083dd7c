// The truth that a target printed: lines `site NAME alloc_objects alloc_bytes inuse_objects
// inuse_bytes`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/harness.h"

namespace e2e {

struct Site {
  std::string name;
  int64_t objects, bytes, live_objects, live_bytes;
};

inline std::vector<Site> sites_of(const std::string& out) {
  std::vector<Site> sites;
  for (const std::string& line : lines_of(out)) {
    const std::vector<std::string> w = words_of(line);
    if (w.size() != 6 || w[0] != "site") continue;
    sites.push_back({w[1], std::stoll(w[2]), std::stoll(w[3]), std::stoll(w[4]), std::stoll(w[5])});
  }
  return sites;
}

// The number behind a word at the start of a line: `cpu 123456`.
inline int64_t number_after(const std::string& out, const std::string& word) {
  for (const std::string& line : lines_of(out)) {
    const std::vector<std::string> w = words_of(line);
    if (w.size() == 2 && w[0] == word) return std::stoll(w[1]);
  }
  return -1;
}

}  // namespace e2e
