// What the user asked for: the PROFILER_* variables, read once at start and never changed after.
// options.def is the list; docs/reference/options.md shows it.
//
// A bad value counts as not set: the default is used, and one line names the variable, the value,
// what is accepted and what is used. An empty value is no value. If a variable stands twice in
// the environment, the first one counts, as for getenv. The environment must not control a
// set-uid, set-gid or set-cap program: the caller checks AT_SECURE and takes `Options defaults()`
// then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "env/labels.h"
#include "env/modes.h"
#include "env/sys/log.h"
#include "env/values.h"

namespace options {

// In the order of the words in options.def.
enum class CpuClock { kAuto, kItimer, kThread };
enum class Unwinder { kTables, kLibunwind };
enum class Symbolize { kFull, kNone };
enum class CommandLine { kProgram, kFull };

// "none" is 0 or the empty text. In the order of the list, a few bytes of padding do not matter.
struct Options {  // NOLINT(clang-analyzer-optin.performance.Padding)
#define OPTION(type, NAME, field, ...) type field{};
#include "env/options.def"
};

constexpr size_t kTextBytes[] = {
#define OPTION(type, NAME, field, default_text, check, ...) (check).text_bytes,
#include "env/options.def"
};
constexpr size_t kRowCount = sizeof kTextBytes / sizeof kTextBytes[0];

constexpr size_t sum_of_text_bytes() {
  size_t sum = 0;
  for (const size_t bytes : kTextBytes) sum += bytes;
  return sum;
}

// The texts of Options live here: hosts overwrite their environment (setproctitle), so nothing of
// ours may point into it. Big enough for every text at its longest.
struct Storage {
  char bytes[sum_of_text_bytes()];
};

// One line without its newline, printable ASCII.
struct Sink {
  void (*line)(void* context, std::string_view text);
  void* context;
};

// Any text.
struct Writer {
  void (*write)(void* context, std::string_view text);
  void* context;
};

// Reads environ (`NAME=value` texts up to a null pointer, or null). PROFILER_LOG=quiet holds for
// the lines of this call too. Context: start.
Options parse(const char* const* environment, bool stderr_is_terminal, Storage& storage, Sink sink);
Options defaults(bool stderr_is_terminal);

// The list for PROFILER_HELP=1.
void write_help(bool stderr_is_terminal, Writer writer);

constexpr std::string_view kPrefix = "PROFILER_";

// A row of options.def.
struct Row {
  std::string_view name;  // without kPrefix
  std::string_view default_text;
  Check check;
  std::string_view meaning;
  void (*store)(Options&, const Value&);
};
extern const Row kRows[kRowCount];

// The default where it depends on the terminal.
std::string_view default_text(const Row& row, bool stderr_is_terminal);

}  // namespace options
