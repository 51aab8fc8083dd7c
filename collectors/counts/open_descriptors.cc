#include "collectors/counts/open_descriptors.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "env/sys/arch.h"
#include "env/sys/directory.h"
#include "env/sys/text.h"

namespace open_descriptors {

namespace {

constexpr int kFirstOwn = 3;

// Static, since the host's stack may be a fiber's.
char link_bytes[4096];

int open_directory() {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  long directory = arch::syscall(SYS_openat, AT_FDCWD, "/proc/self/fd", kFlags, 0);
  if (directory >= 0 && directory < kFirstOwn) {
    const long moved = arch::syscall(SYS_fcntl, directory, F_DUPFD_CLOEXEC, kFirstOwn);
    arch::syscall(SYS_close, directory);
    directory = moved;
  }
  return static_cast<int>(directory);
}

}  // namespace

bool each(void (*visit)(int number, std::string_view link)) {
  const int directory = open_directory();
  if (directory < 0) return false;
  directory::each_name(directory, [&](const char* name) {
    std::string_view digits(name);
    uint64_t number;
    if (text::take_number(digits, number) && number != static_cast<uint64_t>(directory)) {
      const long size =
          arch::syscall(SYS_readlinkat, directory, name, link_bytes, sizeof link_bytes);
      visit(static_cast<int>(number), {link_bytes, size > 0 ? static_cast<size_t>(size) : 0});
    }
    return true;
  });
  arch::syscall(SYS_close, directory);
  return true;
}

}  // namespace open_descriptors
