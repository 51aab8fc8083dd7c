#include "program/symbols/profiled_process.h"

#include <sys/stat.h>
#include <time.h>

#include <climits>
#include <fstream>
#include <sstream>

#include "program/system/process_stat.h"

namespace program {
namespace {

// The kernel says a birth to 10 ms, and the clock may have been set since.
constexpr int64_t kSlackNs = 1000000000;

int64_t now_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

void ProfiledProcess::become(int64_t pid, int64_t seen_ns) {
  is_read_ = false;
  files_.clear();
  pid_ = sharer_;
  if (sharer_ != 0 || pid <= 0 || pid > INT_MAX) return;
  const auto stat = stat_of("/proc/" + std::to_string(pid));
  if (!stat || stat->state == 'Z') return;
  const int64_t born_ns =
      now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME) + static_cast<int64_t>(stat->birth_ns);
  if (born_ns <= seen_ns + kSlackNs) pid_ = static_cast<pid_t>(pid);
}

bool ProfiledProcess::has_other_root() const {
  struct stat status {};
  const std::string root = directory() + "/root";
  return is_there() && stat(root.c_str(), &status) == 0 && !is_same_file(root, "/");
}

const std::vector<MappedFile>& ProfiledProcess::files() {
  if (!is_read_ && is_there()) {
    std::ostringstream list;
    list << std::ifstream(directory() + "/maps").rdbuf();
    files_ = mapped_files(list.str());
  }
  is_read_ = true;
  return files_;
}

}  // namespace program
