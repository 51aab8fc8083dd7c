#include "program/run/run_directory.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <unordered_set>

#include "tables/spool_name.h"
#include "tables/spool_sweep.h"

namespace program {
namespace {

constexpr const char* kList = "/written";
constexpr size_t kMaxListBytes = size_t{64} << 20;  // a million profiles

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// What one process may keep there at most is PROFILER_MEMORY, 64M by default.
bool has_room(const std::string& path) {
  struct statvfs space {};
  constexpr uint64_t kEnough = uint64_t{64} << 20;
  return statvfs(path.c_str(), &space) == 0 && space.f_bavail * space.f_frsize >= kEnough;
}

std::string parent_of(const std::string& spool) {
  if (!spool.empty() && spool != "auto") {
    char resolved[PATH_MAX];  // absolute: the programs change their directory
    const bool named = spool != "none" && is_directory(spool);
    return named && realpath(spool.c_str(), resolved) != nullptr ? resolved : "";
  }
  if (is_directory("/dev/shm") && access("/dev/shm", W_OK | X_OK) == 0 && has_room("/dev/shm")) {
    return "/dev/shm";
  }
  const char* temporary = getenv("TMPDIR");
  const bool usable = temporary != nullptr && temporary[0] == '/' && is_directory(temporary);
  return usable ? temporary : "/tmp";
}

std::string read_list(const std::string& path) {
  std::string bytes;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  char block[16384];
  ssize_t n = 0;
  while (fd >= 0 && bytes.size() < kMaxListBytes && (n = read(fd, block, sizeof block)) > 0) {
    bytes.append(block, static_cast<size_t>(n));
  }
  if (fd >= 0) close(fd);
  return bytes;
}

bool is_own_file(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

}  // namespace

void RunDirectory::remove() {
  std::error_code ignored;  // what cannot be removed is swept as any old spool
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  keep();
}

void RunDirectory::leave_to_tree() {
  unlink((path_ + kList).c_str());
  rmdir(path_.c_str());  // its last process may have ended meanwhile
  keep();
}

void RunDirectory::keep() {
  if (lock_ >= 0) close(lock_);
  lock_ = -1;
  path_.clear();
}

bool RunDirectory::adopt(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return false;
  if (status.st_uid != geteuid()) return false;
  lock_ = open((path + kList).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    keep();
    return false;
  }
  path_ = path;
  return true;
}

bool RunDirectory::make(const std::string& spool) {
  const std::string parent = parent_of(spool);
  if (parent.empty()) return false;
  spool::sweep({parent, static_cast<uint64_t>(time(nullptr)), 0, true});
  std::string directory = parent + "/" + std::string(spool::kRunDirectory) + "XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return false;
  path_ = directory;
  lock_ = open((path_ + kList).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) == 0;
}

std::vector<std::string> RunDirectory::written() const {
  const std::string bytes = read_list(path_ + kList);
  std::vector<std::string> files;
  std::unordered_set<std::string> seen;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = bytes.find('\0', at);
    if (end == std::string::npos) break;  // cut short
    const std::string path = bytes.substr(at, end - at);
    at = end + 1;
    if (path.starts_with('/') && is_own_file(path) && seen.insert(path).second) {
      files.push_back(path);
    }
  }
  return files;
}

bool RunDirectory::lacks_a_process() const {
  struct stat status {};
  return lock_ >= 0 && fstat(lock_, &status) == 0 &&
         (status.st_mode & 0777) == spool::kIncompleteMode;
}

std::vector<std::string> RunDirectory::spools() const {
  std::vector<std::string> paths;
  std::error_code error;
  std::filesystem::directory_iterator at(path_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    uint64_t pid = 0;
    if (spool::read_name(at->path().filename().string(), &pid))
      paths.push_back(at->path().string());
  }
  return paths;
}

}  // namespace program
