// A file of /proc about one thread of this process.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>

#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace task_file {

// Reads /proc/self/task/TID/NAME; gives how many bytes, or a negative errno: -ENOENT where it is
// not there, -ESRCH where the thread has ended meanwhile. Context: any.
template <size_t N>
long read(int tid, const char* name, char (&bytes)[N]) {
  char path[64];
  text::Builder(path) << "/proc/self/task/" << static_cast<uint64_t>(tid) << "/" << name;
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  const long size = arch::syscall(SYS_read, fd, bytes, N);
  arch::syscall(SYS_close, fd);
  return size;
}

}  // namespace task_file
