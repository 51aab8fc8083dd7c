#include "program/symbols/perf_map_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace program {
namespace {

// A large node process writes some 20 MiB.
constexpr off_t kMaxBytes = off_t{256} << 20;
// Files are dated by a coarser clock than processes.
constexpr int64_t kClockSlackSeconds = 1;

std::string why_not(const PerfMapFile& file, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
  if (file.named_by_user) return "";
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return "it belongs to neither this user nor root";
  if (status.st_mtim.tv_sec < file.not_before_ns / 1000000000 - kClockSlackSeconds)
    return "it is older than the process, of another one with its number";
  return "";
}

}  // namespace

int open_perf_map(const PerfMapFile& file, std::string* error) {
  error->clear();
  // Non-blocking: a pipe would wait for a writer.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int fd = open(file.path.c_str(), file.named_by_user ? flags : flags | O_NOFOLLOW);
  if (fd < 0) {
    if (errno == ENOENT && !file.named_by_user) return -1;
    *error = errno == ELOOP ? "it is a symbolic link" : strerror(errno);
    return -1;
  }
  struct stat status {};
  *error = fstat(fd, &status) != 0 ? strerror(errno) : why_not(file, status);
  if (error->empty()) return fd;
  close(fd);
  return -1;
}

bool read_perf_map(int fd, std::string* text) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return false;
  const off_t size = status.st_size;
  off_t offset = std::max<off_t>(0, size - kMaxBytes);
  const bool cut = offset > 0;
  text->resize(static_cast<size_t>(size - offset));
  size_t count = 0;
  while (count < text->size()) {
    const ssize_t n = pread(fd, text->data() + count, text->size() - count, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) break;  // it has shrunk
    count += static_cast<size_t>(n);
    offset += n;
  }
  text->resize(count);
  if (cut) text->erase(0, text->find('\n'));
  return true;
}

}  // namespace program
