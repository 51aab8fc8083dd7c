#include "program/recovery/spool_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "program/recovery/spool_owner.h"
#include "program/system/clock.h"
#include "tables/spool_name.h"

namespace program {
namespace {

// Memory for the copy. Tables are at most PROFILER_MEMORY, 64 MiB by default.
constexpr uint64_t kMostBytes = uint64_t{2} << 30;

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_blank(const char (&magic)[8]) {
  return std::all_of(std::begin(magic), std::end(magic), [](char c) { return c == 0; });
}

}  // namespace

SpoolFile::~SpoolFile() {
  if (bytes_ != nullptr) munmap(bytes_, mapped_);
  if (fd_ >= 0) close(fd_);
}

SpoolFile::Found SpoolFile::open(const std::string& path, std::string* problem) {
  path_ = path;
  // O_NONBLOCK: a FIFO of that name must not hang us before it is refused.
  fd_ = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0) {
    *problem = errno == ELOOP ? "it is a symbolic link" : strerror(errno);
    return Found::kForeign;
  }
  if (!S_ISREG(status.st_mode)) {
    *problem = "it is not a regular file";
    return Found::kForeign;
  }
  if (status.st_uid != geteuid()) {
    *problem = "it is another user's";
    return Found::kForeign;
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  changed_ns_ = nanoseconds(status.st_mtim);
  has_origin_ = origin_.read_beside(path_, status, &origin_problem_);
  // The process's mapping holds this lock, wherever it runs.
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    *problem = "its process is still running";
    return Found::kInUse;
  }
  return read(static_cast<uint64_t>(status.st_size), problem);
}

SpoolFile::Found SpoolFile::read(uint64_t file_size, std::string* problem) {
  const auto header = std::make_unique<layout::Header>();
  const ssize_t got = pread(fd_, header.get(), sizeof *header, 0);
  if (got <= 0 || (static_cast<size_t>(got) >= sizeof header->magic && is_blank(header->magic))) {
    uint64_t pid = 0;
    const bool named = spool::read_name(base_name(path_), &pid);
    *problem = "it is empty";
    if (!named) return Found::kForeign;
    // Its process is about to take the lock, or was killed before it had begun.
    return process_exists(static_cast<int>(pid)) ? Found::kInUse : Found::kNoUse;
  }
  constexpr size_t kFixed = offsetof(layout::Header, limit);
  if (static_cast<size_t>(got) < kFixed ||
      memcmp(header->magic, layout::kMagic, sizeof header->magic) != 0) {
    *problem = "it holds no tables of libprofiler";
    return Found::kForeign;
  }
  if (header->version != layout::kVersion || header->header_size != sizeof(layout::Header)) {
    *problem =
        "another build of libprofiler made its tables: the profiler of that build recovers them";
    return Found::kUnreadable;
  }
  if (static_cast<size_t>(got) < sizeof *header) {
    *problem = "its tables are cut short";
    return Found::kUnreadable;
  }
  const uint32_t state = header->state.load(std::memory_order_relaxed);
  if (has_origin_ &&
      maps_file(origin_.pid(), base_name(path_), origin_.head().start_monotonic_ns)) {
    *problem = "its process is still running";
    return Found::kInUse;
  }
  if (state == static_cast<uint32_t>(layout::State::kWritten)) {
    *problem = "its process has written its files";
    return Found::kNoUse;
  }
  const uint64_t used = header->committed.load(std::memory_order_relaxed);
  cut_short_ = file_size < used;
  if (!copy(std::min(file_size, used), problem)) return Found::kUnreadable;
  const char* why = nullptr;
  if (view_.open(bytes_, mapped_, &why)) return Found::kLeft;
  *problem = why;
  return Found::kUnreadable;
}

bool SpoolFile::copy(uint64_t size, std::string* problem) {
  if (size > kMostBytes) {
    *problem = "its tables are larger than 2 GiB";
    return false;
  }
  mapped_ = std::max<uint64_t>(size, sizeof(layout::Header));
  void* memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    *problem = "out of memory";
    return false;
  }
  bytes_ = memory;
  uint64_t done = 0;
  while (done < size) {
    const ssize_t got =
        pread(fd_, static_cast<char*>(memory) + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;  // it became shorter: the rest is zeros
    done += static_cast<uint64_t>(got);
  }
  cut_short_ = cut_short_ || done < size;
  return true;
}

std::string SpoolFile::text(layout::Ref ref) const {
  uint64_t bad = 0;
  return std::string(view_.text(ref, &bad));
}

bool SpoolFile::has_origin(std::string* problem) const {
  if (!has_origin_) *problem = origin_problem_;
  return has_origin_;
}

bool SpoolFile::remove() const {
  struct stat now {};
  if (lstat(path_.c_str(), &now) != 0) return errno == ENOENT;
  if (now.st_dev != device_ || now.st_ino != inode_) return false;
  if (unlink(path_.c_str()) != 0) return false;
  unlink(origin_path(path_).c_str());
  return true;
}

}  // namespace program
