#include "program/symbols/cache_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program/system/variable.h"

namespace program {
namespace {

constexpr mode_t kPrivate = 0700;
constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

// HOME of another user (sudo keeps it) is not the place for this user's directory.
bool may_make_in(const std::string& parent) {
  struct stat status {};
  if (stat(parent.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return false;
  return status.st_uid == 0 || status.st_uid == geteuid();
}

bool make(const std::string& path) {
  const std::string parent = path.substr(0, path.rfind('/'));
  return !parent.empty() && may_make_in(parent) && mkdir(path.c_str(), kPrivate) == 0;
}

}  // namespace

std::string cache_directory() {
  const std::string chosen = variable("PROFILER_CACHE");
  if (chosen == "off") return "";
  if (chosen.starts_with('/')) return chosen;
  const std::string caches = variable("XDG_CACHE_HOME");
  if (caches.starts_with('/')) return caches + "/profiler";
  const std::string home = variable("HOME");
  return home.starts_with('/') && home != "/" ? home + "/.cache/profiler" : "";
}

int open_cache_directory(const std::string& given) {
  std::string path = given;
  while (path.ends_with('/')) path.pop_back();
  if (path.empty()) return -1;
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = open(path.c_str(), kFlags);
  if (fd < 0) {
    make(path.substr(0, path.rfind('/')));
    make(path);
    fd = open(path.c_str(), kFlags);
  }
  struct stat status {};
  const bool is_safe = fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
                       (status.st_mode & kWritableByOthers) == 0;
  if (is_safe) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

}  // namespace program
