#include "preload/hooks/locked_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>

#include "env/sys/arch.h"
#include "env/sys/descriptor_room.h"
#include "tables/tables.h"

extern "C" {
extern const char __ehdr_start[] HIDDEN;
extern const char _end[] HIDDEN;
}

namespace locked_memory {

namespace {

constexpr uint64_t kPage = 4096;

struct Range {
  uint64_t start, end;
};

// The addresses of /proc/self/maps, one range a line.
class Mappings {
 public:
  Mappings()
      : fd_(arch::syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0)) {}
  ~Mappings() {
    if (fd_ >= 0) arch::syscall(SYS_close, fd_);
  }
  Mappings(const Mappings&) = delete;
  Mappings& operator=(const Mappings&) = delete;

  bool next(Range* range) {
    if (!take_address('-', &range->start) || !take_address(' ', &range->end)) return false;
    for (char byte = ' '; byte != '\n';) {
      if (!take(&byte)) return false;
    }
    return true;
  }

 private:
  bool take(char* byte) {
    if (at_ == size_) {
      const long got = fd_ < 0 ? fd_ : arch::syscall(SYS_read, fd_, bytes_, sizeof bytes_);
      if (got <= 0) return false;
      at_ = 0, size_ = static_cast<size_t>(got);
    }
    *byte = bytes_[at_++];
    return true;
  }
  bool take_address(char behind, uint64_t* address) {
    *address = 0;
    for (char byte; take(&byte);) {
      if (byte == behind) return true;
      *address = *address * 16 + static_cast<uint64_t>(byte <= '9' ? byte - '0' : byte - 'a' + 10);
    }
    return false;
  }

  char bytes_[1024] = {};
  size_t at_ = 0, size_ = 0;
  long fd_;
};

// Calls `take` with each piece of a mapping that is not left out; false where they cannot be read.
template <typename Take>
bool each_piece(const Range (&left_out)[2], Take take) {
  const StandardPlaces above;
  Mappings mappings;
  bool any = false;
  for (Range mapping; mappings.next(&mapping); any = true) {
    // What the kernel maps above the addresses of a process counts for nothing.
    if (mapping.end >> 63 != 0) break;
    while (mapping.start < mapping.end) {
      uint64_t end = mapping.end, next = mapping.end;
      for (const Range& one : left_out) {
        if (one.start >= end || one.end <= mapping.start) continue;
        end = one.start, next = one.end;
      }
      if (end > mapping.start) take(mapping.start, end - mapping.start);
      mapping.start = next;
    }
  }
  return any;
}

}  // namespace

bool lock_hosts(int flags) {
  // Where nothing is recorded (any more), a sandbox may forbid the next call.
  if (!tables::is_open()) return false;
  const auto base = reinterpret_cast<uint64_t>(tables::base);
  const Range ours[] = {{base, base + tables::bounds.size},
                        {reinterpret_cast<uint64_t>(__ehdr_start),
                         (reinterpret_cast<uint64_t>(_end) + kPage - 1) & ~(kPage - 1)}};
  uint64_t limit[2] = {0, 0}, all = 0;
  constexpr int kMemoryLocked = 8;
  const bool can_read = each_piece(ours, [&](uint64_t, uint64_t size) { all += size; });
  if (arch::syscall(SYS_prlimit64, 0, kMemoryLocked, 0L, limit) != 0 || !can_read ||
      all > limit[0]) {
    return false;
  }
  // Before the others: what is mapped from here on is locked as well.
  if ((flags & MCL_FUTURE) != 0 &&
      arch::is_error(arch::syscall(SYS_mlockall, flags & ~MCL_CURRENT))) {
    return false;
  }
  each_piece(ours, [&](uint64_t start, uint64_t size) {
    // As mlockall: locked whether or not it can be touched, which a guard page cannot.
    constexpr unsigned kOnFault = 1;
    arch::syscall(SYS_mlock2, start, size, kOnFault);
    if ((flags & MCL_ONFAULT) == 0) arch::syscall(SYS_mlock, start, size);
  });
  return true;
}

}  // namespace locked_memory
