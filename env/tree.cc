#include "env/tree.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cstdint>
#include <string_view>

#include "env/safe/arch.h"
#include "env/safe/text.h"

namespace tree {

namespace {

constexpr std::string_view kPreload = "LD_PRELOAD=";
constexpr std::string_view kLibrary = "libprofiler.so";
// An LD_PRELOAD longer than this is looked at in part.
constexpr size_t kLongest = 1024;

// Takes the environment byte by byte, keeps the start of each variable.
class Scanner {
 public:
  // True when a variable has ended that preloads this library.
  bool take(char byte) {
    if (byte != '\0') {
      if (size_ < kLongest) variable_[size_++] = byte;
      return false;
    }
    const std::string_view variable(variable_, size_);
    size_ = 0;
    return text::starts_with(variable, kPreload) &&
           text::find(variable, kLibrary) != text::kNowhere;
  }

 private:
  char variable_[kLongest];
  size_t size_ = 0;
};

}  // namespace

bool parent_is_profiled(int parent_pid) {
  char path[48];
  text::Builder name(path);
  name << "/proc/" << static_cast<uint64_t>(parent_pid) << "/environ";
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  Scanner scanner;
  char bytes[4096];
  bool found = false;
  for (;;) {
    const long size = arch::syscall(SYS_read, fd, bytes, sizeof bytes);
    if (size <= 0) break;
    for (long i = 0; i < size && !found; i++) found = scanner.take(bytes[i]);
    if (found) break;
  }
  arch::syscall(SYS_close, fd);
  return found;
}

}  // namespace tree
