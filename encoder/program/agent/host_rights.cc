#include "encoder/program/agent/host_rights.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace program {
namespace {

struct Ids {
  long user = -1, group = -1;
};

Ids effective_ids(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  Ids ids;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key;
    long real = 0, effective = 0;
    if (!(words >> key >> real >> effective)) continue;
    if (key == "Uid:") ids.user = effective;
    if (key == "Gid:") ids.group = effective;
  }
  return ids;
}

}  // namespace

Rights take_rights_of(int pid) {
  if (getuid() != 0) return Rights::kTaken;  // there is nothing to give up
  const Ids ids = effective_ids(pid);
  if (ids.user < 0 || ids.group < 0) return Rights::kGone;
  if (ids.user == static_cast<long>(geteuid())) return Rights::kTaken;
  // By the bare calls: libc's would change all threads. Back to root first, from another's.
  constexpr uid_t kAsItIs = ~uid_t{0};
  syscall(SYS_setresuid, kAsItIs, getuid(), kAsItIs);
  const bool are_taken =
      syscall(SYS_setresgid, kAsItIs, static_cast<gid_t>(ids.group), kAsItIs) == 0 &&
      syscall(SYS_setresuid, kAsItIs, static_cast<uid_t>(ids.user), kAsItIs) == 0;
  return are_taken ? Rights::kTaken : Rights::kRefused;
}

}  // namespace program
