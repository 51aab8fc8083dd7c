// Many tables made files, each in a process of its own: what hostile tables do to it ends there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace program {

struct Recovery {
  std::vector<std::string> to_name;  // the files, by whether names are wanted in them
  std::vector<std::string> to_keep;
  size_t recovered = 0;   // tables; those of no use that were removed are not counted
  size_t running = 0;     // left alone: their process lives
  size_t failed = 0;      // readable, but something could not be done: they stay where they are
  size_t unreadable = 0;  // damaged, of another version, no tables
  bool interrupted = false;
};

struct RecoveryOptions {
  // 0: each by what is known of it. A process that is found dead had ended by then.
  uint64_t end_monotonic_ns = 0;
  std::string output;   // absolute directory for the files; empty: the origin's
  bool counts = false;  // the caller says how many failed: a line for the first is enough
  bool named = false;   // the user named these very files: a word also about what is left alone
};

// Recovered tables are removed. What goes wrong is said, one line each unless the caller counts.
Recovery recover_spools(const std::vector<std::string>& spools, const RecoveryOptions& options);

}  // namespace program
