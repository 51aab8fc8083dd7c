#include "program/system/mapped_tables.h"

#include <unistd.h>

#include <fstream>

#include "tables/spool_name.h"

namespace program {

MappedTables mapped_by(int pid) {
  const std::string proc = "/proc/" + std::to_string(pid);
  MappedTables found;
  std::ifstream maps(proc + "/maps");
  std::string line;
  while (std::getline(maps, line)) {
    const size_t slash = line.find('/');
    if (slash == std::string::npos) continue;
    const std::string path = line.substr(slash);
    const std::string name = path.substr(path.rfind('/') + 1);
    uint64_t owner = 0;
    if (name == "libprofiler.so") found.library = path;
    if (path == "/memfd:profiler (deleted)") found.are_nameless = true;
    // A raw fork's child maps its parent's, which it does not write to.
    if (!found.path.empty() || !spool::read_name(name, &owner)) continue;
    if (access((proc + "/root" + path).c_str(), R_OK | W_OK) == 0) {
      found.path = proc + "/root" + path;
    }
  }
  return found;
}

}  // namespace program
