// The files of a process that runs, written where it would have written them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "encoder/program/agent/host_tables.h"
#include "encoder/program/naming_service.h"
#include "encoder/program/agent/row_values.h"
#include "encoder/program/origin.h"

namespace program {

struct WrittenFile {
  std::string path;
  size_t samples = 0;
};

class HostFiles {
 public:
  struct Rules {
    bool windows = false;   // cpu and the like hold what came since the last file
    bool deltas = false;    // so do the counts of the others (PROFILER_DELTA)
    bool numbered = false;  // also the first
  };

  HostFiles(HostTables& tables, NamingService* names, const Rules& rules)
      : tables_(tables), origin_(tables.view()), names_(names), rules_(rules) {}

  // One file for each mode that PROFILER_MODE asked for, or for `mode` alone. `cumulative`: since
  // the start, whatever the rules, which do not notice. False, and why, if not all could be
  // written.
  bool write(bool cumulative, const std::string& comments, std::string* problem, int mode = -1);

  const std::vector<WrittenFile>& written() const { return written_; }

 private:
  bool write_mode(unsigned mode, uint64_t number, bool cumulative, const std::string& comments,
                  std::string* problem);

  HostTables& tables_;
  const Origin origin_;   // as it was at first: a program cannot send its files elsewhere later
  NamingService* names_;  // null: addresses stay
  Rules rules_;
  RowValues last_[layout::kMaxModes];
  uint64_t last_ns_[layout::kMaxModes] = {};
  std::vector<WrittenFile> written_;
};

// Modes whose values belong to a stretch of time.
bool is_window(const std::string& mode);
// Modes whose counts godeltaprof subtracts.
bool has_delta(const std::string& mode);

}  // namespace program
