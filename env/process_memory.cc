#include "env/process_memory.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <string_view>

#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace process_memory {

namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kStretch = uint64_t{1} << 20;

// Not on the host's stack, which may be a fiber's. A status with more groups than fit is not read.
char bytes[8192];

// A file of /proc, closed at the end of its reading.
class File {
 public:
  explicit File(const char* path)
      : fd_(arch::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)) {}
  ~File() {
    if (fd_ >= 0) arch::syscall(SYS_close, fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  // The next bytes; empty at the end and on failure.
  std::string_view read() {
    const long size = fd_ < 0 ? fd_ : arch::syscall(SYS_read, fd_, bytes, sizeof bytes);
    return {bytes, size > 0 ? static_cast<size_t>(size) : 0};
  }

 private:
  long fd_;
};

// "\nVmRSS:\t   12345 kB" in bytes, 0 if it is not there.
uint64_t field(std::string_view status, std::string_view name) {
  const size_t at = text::find(status, name);
  if (at == text::kNowhere) return 0;
  std::string_view rest = text::part(status, at + name.size());
  while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1);
  uint64_t kib = 0;
  return text::take_number(rest, kib) ? kib * 1024 : 0;
}

}  // namespace

bool read(Counters& counters) {
  const std::string_view status = File("/proc/self/status").read();
  counters.resident = field(status, "\nVmRSS:");
  counters.anonymous = field(status, "\nRssAnon:");
  counters.files = field(status, "\nRssFile:");
  counters.shared = field(status, "\nRssShmem:");
  counters.swapped = field(status, "\nVmSwap:");
  counters.main_stack = field(status, "\nVmStk:");
  counters.filtered = text::find(status, "\nSeccomp:\t0") == text::kNowhere;
  return counters.resident != 0;
}

unsigned count_mappings(unsigned limit) {
  File maps("/proc/self/maps");
  unsigned lines = 0;
  while (lines < limit) {
    const std::string_view part = maps.read();
    if (part.empty()) break;
    for (const char byte : part) lines += byte == '\n' ? 1 : 0;
  }
  return lines < limit ? lines : limit;
}

uint64_t resident_in(uint64_t start, uint64_t end) {
  unsigned char is_there[kStretch / kPage];
  uint64_t pages = 0;
  for (start &= ~(kPage - 1); start < end; start += kStretch) {
    const uint64_t size = end - start < kStretch ? end - start : kStretch;
    // Some of it may not be mapped: then the vector holds what came before.
    for (unsigned char& one : is_there) one = 0;
    arch::syscall(SYS_mincore, start, size, is_there);
    for (const unsigned char one : is_there) pages += one & 1;
  }
  return pages * kPage;
}

uint64_t resident_below(uint64_t top, uint64_t size) {
  top = (top + kPage - 1) & ~(kPage - 1);
  uint64_t sum = 0;
  for (uint64_t done = 0; done < size; done += kStretch) {
    const uint64_t part = size - done < kStretch ? size - done : kStretch;
    const uint64_t here = resident_in(top - done - part, top - done);
    sum += here;
    if (here == 0) break;
  }
  return sum;
}

}  // namespace process_memory
