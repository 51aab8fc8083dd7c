// What /proc says of a process that may be profiled: the library and the tables that it maps.
#pragma once

#include <string>

namespace program {

struct MappedTables {
  std::string library;  // path of libprofiler.so as it was loaded; empty: it is not
  std::string path;  // of the tables, by the process's own root directory; empty: none with a name
  bool are_nameless = false;  // PROFILER_SPOOL=none: no other process can open them
};

// All empty where the process is gone or belongs to another user.
MappedTables mapped_by(int pid);

}  // namespace program
