#include "program/symbols/cache_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

#include "program/symbols/cache_directory.h"

namespace program {
namespace {

constexpr mode_t kOwnersAlone = 0600;
constexpr const char* kUnfinished = ".new";
constexpr time_t kUnfinishedSeconds = 3600;  // an older one is of a process that was killed

bool is_own(const struct stat& status) {
  return S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
         (status.st_mode & 07777) == kOwnersAlone && status.st_nlink == 1 &&
         static_cast<uint64_t>(status.st_size) <= CacheFiles::kMostFileBytes;
}

bool write_all(int fd, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

// Past the limit a write would end this process by SIGXFSZ.
bool may_be_written(size_t size) {
  rlimit limit{};
  return size <= CacheFiles::kMostFileBytes &&
         (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
          size <= limit.rlim_cur);
}

struct Kept {
  std::string name;
  int64_t used_ns;
  uint64_t size;
};

// What is in the directory; removes unfinished files that no process finishes any more.
std::vector<Kept> kept_in(int directory_fd) {
  std::vector<Kept> files;
  const int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* directory = fd < 0 ? nullptr : fdopendir(fd);
  if (directory == nullptr) {
    if (fd >= 0) close(fd);
    return files;
  }
  while (const dirent* each = readdir(directory)) {
    const std::string name = each->d_name;
    struct stat status {};
    const bool is_unfinished = name.ends_with(kUnfinished);
    if (!is_unfinished && !name.ends_with(CacheFiles::kEnding)) continue;
    if (fstatat(directory_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const timespec& used = status.st_mtim;
    if (!is_unfinished) {
      files.push_back({name, used.tv_sec * int64_t{1000000000} + used.tv_nsec,
                       static_cast<uint64_t>(status.st_size)});
    } else if (used.tv_sec + kUnfinishedSeconds < time(nullptr)) {
      unlinkat(directory_fd, name.c_str(), 0);
    }
  }
  closedir(directory);
  return files;
}

}  // namespace

CacheFiles::CacheFiles(const std::string& directory, const Bounds& bounds)
    : bounds_(bounds), directory_(directory.empty() ? -1 : open_cache_directory(directory)) {}

CacheFiles::~CacheFiles() {
  if (directory_ >= 0) close(directory_);
}

int CacheFiles::open(const std::string& name) const {
  if (!is_open()) return -1;
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const int fd = openat(directory_, name.c_str(), kFlags);
  struct stat status {};
  if (fd >= 0 && fstat(fd, &status) == 0 && is_own(status)) {
    futimens(fd, nullptr);  // it is used: remove_oldest() goes by this
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}

void CacheFiles::replace(const std::string& name, const std::string& bytes) const {
  if (!is_open() || !may_be_written(bytes.size())) return;
  const std::string unfinished = name + "." + std::to_string(getpid()) + kUnfinished;
  unlinkat(directory_, unfinished.c_str(), 0);  // of a process that had this number
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const int fd = openat(directory_, unfinished.c_str(), kFlags, kOwnersAlone);
  if (fd < 0) return;
  const bool is_written = fchmod(fd, kOwnersAlone) == 0 && write_all(fd, bytes);
  const bool is_whole = close(fd) == 0 && is_written;
  if (!is_whole || renameat(directory_, unfinished.c_str(), directory_, name.c_str()) != 0) {
    unlinkat(directory_, unfinished.c_str(), 0);
  }
  remove_oldest();
}

void CacheFiles::remove_oldest() const {
  std::vector<Kept> files = kept_in(directory_);
  std::sort(files.begin(), files.end(),
            [](const Kept& a, const Kept& b) { return a.used_ns < b.used_ns; });
  uint64_t left = files.size();
  uint64_t total = 0;
  for (const Kept& file : files) total += file.size;
  for (const Kept& file : files) {
    if (left <= bounds_.files && total <= bounds_.bytes) break;
    unlinkat(directory_, file.name.c_str(), 0);
    total -= file.size;
    left--;
  }
}

}  // namespace program
