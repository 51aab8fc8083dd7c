// Names by which a dead process's tables are found: shared by the code that makes them and the
// code that looks for them.
#pragma once

#include <cstdint>
#include <string_view>

#include "env/sys/text.h"

namespace spool {

constexpr char kSharedMemory[] = "/dev/shm";

// The directory that `profiler run` makes for its tree: this and six letters of mkdtemp. Its maker
// holds a flock on the ledger in it for as long as it lives.
constexpr std::string_view kRunDirectory = "profiler-run-";
constexpr std::string_view kWrittenList = "written";
constexpr unsigned kIncompleteMode = 0601;  // of the list; 0600 otherwise

// Tables, and their origin (tables/origin.h) under the same name but for its end.
constexpr std::string_view kTablesEnd = ".tables";
constexpr std::string_view kOriginEnd = ".origin";
static_assert(kTablesEnd.size() == kOriginEnd.size());

// The next start removes tables that are older than this.
constexpr uint64_t kKeptFor_s = 7 * 24 * 3600;

// `profiler-PID-0123456789abcdef` and `end`
inline bool read_name(std::string_view name, uint64_t* pid, std::string_view end = kTablesEnd) {
  constexpr std::string_view kFront = "profiler-";
  constexpr size_t kDigits = 16;
  if (!text::starts_with(name, kFront) || !text::ends_with(name, end)) return false;
  std::string_view rest = text::part(name, kFront.size());
  if (!text::take_number(rest, *pid) || rest.size() != 1 + kDigits + end.size()) return false;
  if (rest.data()[0] != '-' || *pid == 0 || *pid > INT32_MAX) return false;
  for (const char c : text::part(rest, 1, kDigits)) {
    if (!text::is_digit(c) && (c < 'a' || c > 'f')) return false;
  }
  return true;
}

// The path with another end: of the tables from their origin's, and back.
inline void put_other_end(std::string_view path, std::string_view end, text::Builder& out) {
  out << text::part(path, 0, path.size() - end.size()) << end;
}

inline bool is_run_directory(std::string_view name) {
  constexpr size_t kLetters = 6;
  if (!text::starts_with(name, kRunDirectory) || name.size() != kRunDirectory.size() + kLetters) {
    return false;
  }
  for (const char c : text::part(name, kRunDirectory.size())) {
    if (!text::is_digit(c) && !text::is_letter(c)) return false;
  }
  return true;
}

}  // namespace spool
