#include "collectors/core/resident_memory.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <atomic>
#include <string_view>

#include "env/safe/arch.h"
#include "env/safe/text.h"

namespace resident_memory {

namespace {

constexpr uint64_t kEvery_ns = 10000000;
constexpr uint64_t kPage = 4096;
std::atomic<uint64_t> next_ns;

}  // namespace

bool is_due(uint64_t now_ns) {
  uint64_t due_ns = next_ns.load(std::memory_order_relaxed);
  return now_ns >= due_ns &&
         next_ns.compare_exchange_strong(due_ns, now_ns + kEvery_ns, std::memory_order_relaxed);
}

bool read(uint64_t* bytes) {
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, "/proc/self/statm", O_RDONLY | O_CLOEXEC, 0);
  if (arch::is_error(fd)) return false;
  char told[128];
  const long size = arch::syscall(SYS_read, fd, told, sizeof told);
  arch::syscall(SYS_close, fd);
  if (size <= 0) return false;
  std::string_view rest(told, static_cast<size_t>(size));
  uint64_t all_pages = 0, pages = 0;
  if (!text::take_number(rest, all_pages)) return false;
  rest = text::part(rest, 1);
  if (!text::take_number(rest, pages)) return false;
  *bytes = pages * kPage;
  return true;
}

}  // namespace resident_memory
