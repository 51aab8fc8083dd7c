// Which memory the program makes executable: code that no object holds (executable_memory.h).
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "collectors/unwind/executable_memory.h"
#include "env/sys/arch.h"
#include "env/sys/real.h"

namespace {

// Before our constructor the system is called directly: an allocator that is in the middle of its
// own start may call mmap, and the search for the next definitions may allocate.
long result_of(long result) {
  if (!arch::is_error(result)) return result;
  errno = static_cast<int>(-result);
  return -1;
}

void made(const void* start, size_t size, int access) {
  if ((access & PROT_EXEC) == 0) return;
  executable_memory::made(reinterpret_cast<uint64_t>(start), size);
}

void* mapped(void* wanted, size_t size, int access, int flags, int fd, off_t offset) {
  void* result = real::is_resolved() ? real::mmap(wanted, size, access, flags, fd, offset)
                                     : reinterpret_cast<void*>(result_of(arch::syscall(
                                           SYS_mmap, wanted, size, access, flags, fd, offset)));
  if (result != MAP_FAILED) made(result, size, access);
  return result;
}

}  // namespace

extern "C" {

EXPORT void* of_mmap(void* wanted, size_t size, int access, int flags, int fd,
                     off_t offset) noexcept __asm__("mmap");
EXPORT void* of_mmap64(void* wanted, size_t size, int access, int flags, int fd,
                       off_t offset) noexcept __asm__("mmap64");

// libc's header gives both the name mmap64.
void* of_mmap(void* wanted, size_t size, int access, int flags, int fd, off_t offset) noexcept {
  return mapped(wanted, size, access, flags, fd, offset);
}

void* of_mmap64(void* wanted, size_t size, int access, int flags, int fd, off_t offset) noexcept {
  return mapped(wanted, size, access, flags, fd, offset);
}

EXPORT int mprotect(void* start, size_t size, int access) noexcept {
  const int result =
      real::is_resolved()
          ? real::mprotect(start, size, access)
          : static_cast<int>(result_of(arch::syscall(SYS_mprotect, start, size, access)));
  if (result == 0) made(start, size, access);
  return result;
}

EXPORT int pkey_mprotect(void* start, size_t size, int access, int key) noexcept {
  const int result =
      real::is_resolved() && real::pkey_mprotect != nullptr
          ? real::pkey_mprotect(start, size, access, key)
          : static_cast<int>(result_of(arch::syscall(SYS_pkey_mprotect, start, size, access, key)));
  if (result == 0) made(start, size, access);
  return result;
}

}  // extern "C"
