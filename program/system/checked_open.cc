#include "program/system/checked_open.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace program {
namespace {

constexpr std::chrono::seconds kLongestWait{5};
constexpr int kMostStuck = 3;
constexpr int kReadOnly = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::atomic<int> stuck{0};

struct Attempt {
  std::string path;
  std::mutex lock;
  std::condition_variable ended;
  bool is_ended = false;
  bool is_abandoned = false;
  int fd = -1;
  struct stat status {};
  std::string problem;
};

// A core file holds what its process, or the kernel (/proc/kcore), had in memory.
bool is_code(int fd) {
  unsigned char header[EI_NIDENT + 2];  // with e_type
  if (pread(fd, header, sizeof header, 0) != sizeof header) return false;
  if (memcmp(header, ELFMAG, SELFMAG) != 0) return false;
  const bool is_big_endian = header[EI_DATA] == ELFDATA2MSB;
  const int type = header[EI_NIDENT + (is_big_endian ? 1 : 0)] |
                   header[EI_NIDENT + (is_big_endian ? 0 : 1)] << 8;
  return type == ET_EXEC || type == ET_DYN || type == ET_REL;
}

// The type is read of a descriptor that opens nothing (O_PATH): opening some devices has effects.
int open_now(const std::string& path, struct stat* status, std::string* problem) {
  const int place = open(path.c_str(), O_PATH | O_CLOEXEC);
  if (place < 0 || fstat(place, status) != 0) {
    *problem = strerror(errno);
    if (place >= 0) close(place);
    return -1;
  }
  int fd = -1;
  if (!S_ISREG(status->st_mode)) {
    *problem = "not a regular file";
  } else {
    fd = open(("/proc/self/fd/" + std::to_string(place)).c_str(), kReadOnly);
    if (fd < 0 && errno == ENOENT) fd = open(path.c_str(), kReadOnly);  // no /proc here
    struct stat opened {};
    if (fd < 0 || fstat(fd, &opened) != 0) {
      *problem = strerror(errno);
    } else if (opened.st_dev != status->st_dev || opened.st_ino != status->st_ino) {
      *problem = "it changed while it was opened";
    } else if (!is_code(fd)) {
      *problem = "not a program or shared object that elfutils can read";
    }
  }
  close(place);
  if (problem->empty() || fd < 0) return fd;
  close(fd);
  return -1;
}

void attempt_it(const std::shared_ptr<Attempt>& attempt) {
  struct stat status {};
  std::string problem;
  const int fd = open_now(attempt->path, &status, &problem);
  const std::lock_guard guard(attempt->lock);
  if (attempt->is_abandoned) {
    if (fd >= 0) close(fd);
    stuck--;
    return;
  }
  attempt->fd = fd;
  attempt->status = status;
  attempt->problem = problem;
  attempt->is_ended = true;
  attempt->ended.notify_one();
}

}  // namespace

int open_elf_file(const std::string& path, struct stat* status, std::string* problem) {
  problem->clear();
  if (stuck >= kMostStuck) {
    *problem = "file systems do not answer";
    return -1;
  }
  const auto attempt = std::make_shared<Attempt>();
  attempt->path = path;
  try {
    std::thread(attempt_it, attempt).detach();
  } catch (const std::system_error&) {
    return open_now(path, status, problem);
  }
  std::unique_lock guard(attempt->lock);
  if (!attempt->ended.wait_for(guard, kLongestWait, [&] { return attempt->is_ended; })) {
    attempt->is_abandoned = true;
    stuck++;
    *problem = "its file system does not answer";
    return -1;
  }
  *status = attempt->status;
  *problem = attempt->problem;
  return attempt->fd;
}

}  // namespace program
