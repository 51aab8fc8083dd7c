// Names by which a dead process's tables are found: shared by those who make them and those who
// look for them.
#pragma once

#include <cstdint>
#include <string_view>

#include "env/safe/text.h"

namespace spool {

constexpr char kSharedMemory[] = "/dev/shm";

// The folder that `profiler run` makes for its tree: this and six letters of mkdtemp. Whoever made
// it holds a flock on the ledger in it for as long as it lives.
constexpr std::string_view kRunFolder = "profiler-run-";
constexpr std::string_view kLedger = "written";

// What nobody came for in so long is removed by the next start.
constexpr uint64_t kKeptFor_s = 7 * 24 * 3600;

// `profiler-PID-0123456789abcdef.tables`
inline bool read_name(std::string_view name, uint64_t* pid) {
  constexpr std::string_view kFront = "profiler-";
  constexpr std::string_view kEnd = ".tables";
  constexpr size_t kDigits = 16;
  if (!text::starts_with(name, kFront) || !text::ends_with(name, kEnd)) return false;
  std::string_view rest = text::part(name, kFront.size());
  if (!text::take_number(rest, *pid) || rest.size() != 1 + kDigits + kEnd.size()) return false;
  if (rest.data()[0] != '-' || *pid == 0 || *pid > INT32_MAX) return false;
  for (const char c : text::part(rest, 1, kDigits)) {
    if (!text::is_digit(c) && (c < 'a' || c > 'f')) return false;
  }
  return true;
}

inline bool is_run_folder(std::string_view name) {
  constexpr size_t kLetters = 6;
  if (!text::starts_with(name, kRunFolder) || name.size() != kRunFolder.size() + kLetters) {
    return false;
  }
  for (const char c : text::part(name, kRunFolder.size())) {
    if (!text::is_digit(c) && !text::is_letter(c)) return false;
  }
  return true;
}

}  // namespace spool
