#include "program/sandbox/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace program {
namespace {

constexpr uid_t kUnprivileged = 65534;
// Enough for the debug information of a browser; honest profiles need a hundredth.
constexpr rlim_t kMostDataBytes = rlim_t{4} << 30;
constexpr rlim_t kMostDescriptors = 1024;
constexpr rlim_t kMostCpuSeconds = 600;

void limit(__rlimit_resource what, rlim_t most) {
  rlimit now{};
  getrlimit(what, &now);
  now.rlim_max = std::min(now.rlim_max, most);
  now.rlim_cur = std::min(now.rlim_cur, now.rlim_max);
  setrlimit(what, &now);
}

bool drop_bounding_set() {
  bool all = true;
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++) {
    all = prctl(PR_CAPBSET_DROP, capability) == 0 && all;
  }
  return all;
}

// A filter around us may kill for capset, so it is made only where there is something to drop.
bool drop_capabilities() {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct now[2] = {};
  if (syscall(SYS_capget, &header, now) != 0) return false;
  const auto any = [](const __user_cap_data_struct& half) {
    return (half.effective | half.permitted | half.inheritable) != 0;
  };
  if (!any(now[0]) && !any(now[1])) return true;
  const __user_cap_data_struct none[2] = {};
  return syscall(SYS_capset, &header, none) == 0;
}

}  // namespace

std::string drop_rights() {
  std::string missing;
  const auto require = [&](bool done, const char* what) {
    if (!done) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  if (geteuid() == 0) {
    require(drop_bounding_set(), "an empty capability bounding set");
    require(setgroups(0, nullptr) == 0, "no supplementary groups");
    require(setresgid(kUnprivileged, kUnprivileged, kUnprivileged) == 0, "an unprivileged group");
    require(setresuid(kUnprivileged, kUnprivileged, kUnprivileged) == 0, "an unprivileged user");
  }
  require(drop_capabilities(), "no capabilities");
  require(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0, "no new privileges");
  prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
  return missing;
}

void limit_resources() {
#ifndef __SANITIZE_ADDRESS__  // whose own memory counts, terabytes of it
  limit(RLIMIT_DATA, kMostDataBytes);
#endif
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_NOFILE, kMostDescriptors);
  limit(RLIMIT_CPU, kMostCpuSeconds);
}

}  // namespace program
