#include "tables/spool_room.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <cstdint>

#include "env/sys/arch.h"

namespace spool {

namespace {

constexpr size_t kLeast = size_t{1} << 20;

uint64_t limit_of(int what) {
  uint64_t limit[2] = {~uint64_t{0}, 0};
  return arch::syscall(SYS_prlimit64, 0, what, 0L, limit) == 0 ? limit[0] : ~uint64_t{0};
}

// An eighth of all the memory that the host may map: the rest is its own. Private memory counts for
// RLIMIT_DATA too.
uint64_t fair_share(bool is_private) {
  constexpr int kData = 2, kAddressSpace = 9;
  const uint64_t all = limit_of(kAddressSpace), data = limit_of(kData);
  return (is_private && data < all ? data : all) / 8;
}

// vm.overcommit_memory=2: what is reserved counts, and is taken from all.
bool do_reservations_count() {
  char mode = 0;
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, "/proc/sys/vm/overcommit_memory",
                                O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  arch::syscall(SYS_read, fd, &mode, 1);
  arch::syscall(SYS_close, fd);
  return mode == '2';
}

// Whether so much more could be reserved now.
bool has_room_for(size_t size) {
  const long at = arch::syscall(SYS_mmap, 0L, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  if (arch::is_error(at)) return false;
  arch::syscall(SYS_munmap, at, size);
  return true;
}

}  // namespace

bool is_good_place(const char* directory, size_t size) {
  struct statfs fs;
  if (arch::syscall(SYS_statfs, directory, &fs) != 0) return false;
  if (fs.f_type != TMPFS_MAGIC && fs.f_type != EXT4_SUPER_MAGIC) return false;
  const uint64_t free_bytes =
      static_cast<uint64_t>(fs.f_bavail) * static_cast<uint64_t>(fs.f_bsize);
  return free_bytes / 4 >= size;
}

Mapping map(int fd, size_t size) {
  while (size / 2 >= kLeast && size > fair_share(fd < 0)) size /= 2;
  const int flags =
      fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED | MAP_NORESERVE;
  const bool counts = fd < 0 && do_reservations_count();
  for (; size >= kLeast; size /= 2) {
    const long at = arch::syscall(SYS_mmap, 0L, size, PROT_READ | PROT_WRITE, flags, fd, 0L);
    if (arch::is_error(at)) continue;
    const bool is_fair = !counts || size / 2 < kLeast || has_room_for(7 * size);
    if (is_fair) return {reinterpret_cast<char*>(at), size};
    arch::syscall(SYS_munmap, at, size);
  }
  return {nullptr, 0};
}

bool may_have_size(size_t size) {
  constexpr int kFileSize = 1;
  return limit_of(kFileSize) >= size;
}

}  // namespace spool
