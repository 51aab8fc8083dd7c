// Abandoned tables: those of an image that was replaced by exec after it had written its files,
// those of a dead process that had written them but could not remove the tables, and those of other
// dead processes after seven days.
//
// A process is dead if no mapping holds its file locked (spool::open's flock lives as long as the
// mapping, in any container) and no process has its number. Only regular files of this user with a
// name of ours; no link is followed; only a directory's first entries are read.
#pragma once

#include <cstdint>
#include <string_view>

#include "tables/layout.h"

namespace spool {

struct Sweep {
  std::string_view directory;
  uint64_t now_s = 0;    // since 1970
  uint64_t own_pid = 0;  // 0: none
  bool all = false;      // else only what an earlier image of own_pid left
  // If not null, gets the mark of an earlier image of this process, which was born then.
  layout::ExecMark* mark = nullptr;
  uint64_t birth_ticks = 0;
};

// Returns how many files went. Context: start, before the tables are opened; or the program.
unsigned sweep(const Sweep& what);

}  // namespace spool
