// The files that one dump has written, as they go from its writer to the process that names them.
#pragma once

#include <cstdint>

#include "env/output_name.h"
#include "tables/layout.h"

namespace profile_writer {

// The files of one dump: to be named by the symbolizer, or taken back.
struct Written {
  static constexpr unsigned kMost = layout::kMaxModes;
  struct File {
    char path[output_name::kPathSize];
    uint64_t addresses;  // that names can be found for
  };
  File file[kMost];
  unsigned count;
  uint32_t dump_number;
  int error;  // the first, as errno has it
  bool last;  // nothing is recorded after: a mode whose file is there is not recovered once more
};

}  // namespace profile_writer
