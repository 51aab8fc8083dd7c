// The files of a process that runs, written where it would have written them, for the user that it
// was started as, into directories that it may still write to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "env/output_file.h"
#include "program/agent/target/row_values.h"
#include "program/agent/target/target_rights.h"
#include "program/agent/target/target_tables.h"
#include "program/symbols/naming_service.h"

namespace program {

struct WrittenFile {
  std::string path;
  size_t samples = 0;
};

class TargetFiles {
 public:
  struct Rules {
    bool windows = false;   // cpu and the like hold what came since the last file
    bool deltas = false;    // so do the counts of the others (PROFILER_DELTA)
    bool numbered = false;  // also the first
  };

  // `rights`: null where this user's own are enough (a command that its user has typed).
  TargetFiles(TargetTables& tables, const TargetRights* rights, NamingService* names,
              const Rules& rules)
      : tables_(tables), rights_(rights), names_(names), rules_(rules) {}

  // One file for each mode that PROFILER_MODE asked for, or for `mode` alone. `cumulative`: since
  // the start, whatever the rules, which do not notice. False, and why, if not all could be
  // written.
  bool write(bool cumulative, const std::string& comments, std::string* problem, int mode = -1);

  const std::vector<WrittenFile>& written() const { return written_; }

 private:
  bool write_mode(unsigned mode, uint64_t number, bool cumulative, const std::string& comments,
                  std::string* problem);

  unsigned wanted_modes() const;
  output_file::Error put(const output_name::Name& name, const std::string& mode,
                         const std::string& bytes, std::string* path) const;

  TargetTables& tables_;
  const TargetRights* rights_;
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
