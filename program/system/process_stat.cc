#include "program/system/process_stat.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

namespace program {

// "PID (NAME) STATE PARENT ...", where the name may hold anything.
std::optional<ProcessStat> stat_of(const std::string& directory) {
  std::ifstream file(directory + "/stat");
  std::string line;
  std::getline(file, line, '\0');
  const size_t from = line.find('('), to = line.rfind(')');
  if (from == std::string::npos || to == std::string::npos || to < from) return {};
  ProcessStat stat{line.substr(from + 1, to - from - 1), 0, 0, 0, 0};
  std::istringstream fields(line.substr(to + 1));
  fields >> stat.state >> stat.parent;
  std::string skipped;
  // The parent is the fourth field, the time of birth the 22nd.
  for (int field = 5; field < 22; field++) fields >> skipped;
  if (!(fields >> stat.birth_ticks)) return {};
  stat.birth_ns = stat.birth_ticks * (1000000000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
  return stat;
}

}  // namespace program
