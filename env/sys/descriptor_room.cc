#include "env/sys/descriptor_room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>

#include "env/sys/arch.h"

namespace {

constexpr unsigned long kRoom = 16;

bool read_limit(struct rlimit& limit) {
  return arch::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0L, &limit) == 0;
}

}  // namespace

DescriptorRoom::DescriptorRoom() {
  const long probe = arch::syscall(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
  if (probe >= 0) {
    arch::syscall(SYS_close, probe);
    return;
  }
  struct rlimit limit;
  if (!read_limit(limit)) return;
  const unsigned long before = limit.rlim_cur, left = limit.rlim_max - before;
  limit.rlim_cur = before + (left < kRoom ? left : kRoom);
  if (left != 0 && arch::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, 0L) == 0) {
    before_ = before;
  }
}

DescriptorRoom::~DescriptorRoom() {
  struct rlimit limit;
  if (before_ == 0 || !read_limit(limit)) return;
  limit.rlim_cur = before_;
  arch::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, 0L);
}

StandardPlaces::StandardPlaces() {
  while (count_ < 3) {
    const long fd = arch::syscall(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
    if (fd > 2) arch::syscall(SYS_close, fd);
    if (fd < 0 || fd > 2) return;
    held_[count_++] = static_cast<int>(fd);
  }
}

StandardPlaces::~StandardPlaces() {
  while (count_ > 0) arch::syscall(SYS_close, held_[--count_]);
}

int above_standard(int fd) {
  if (fd > 2 || fd < 0) return fd;
  const long moved = arch::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
  arch::syscall(SYS_close, fd);
  // EINVAL: RLIMIT_NOFILE is below the first descriptor for us.
  return static_cast<int>(moved == -EINVAL ? -EMFILE : moved);
}
