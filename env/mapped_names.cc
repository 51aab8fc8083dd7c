#include "env/mapped_names.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cstdint>

#include "env/safe/arch.h"
#include "env/safe/text.h"
#include "env/spool_name.h"

namespace tree {

namespace {

constexpr std::string_view kRemoved = " (deleted)";
constexpr std::string_view kMemory = "memfd:profiler";
constexpr std::string_view kLibrary = "libprofiler.so";

}  // namespace

void MappedNames::line_ends() {
  const bool is_any = has_slash_ && size_ <= sizeof name_;
  has_slash_ = false;
  if (!is_any) return;
  std::string_view name(name_, size_);
  if (text::ends_with(name, kRemoved)) name = text::part(name, 0, size_ - kRemoved.size());
  uint64_t pid = 0;
  has_tables_ = has_tables_ || name == kMemory || spool::read_name(name, &pid);
  has_library_ = has_library_ || name == kLibrary;
}

void MappedNames::take(std::string_view piece) {
  for (const char byte : piece) {
    if (byte == '\n') {
      line_ends();
    } else if (byte == '/') {
      has_slash_ = true;
      size_ = 0;
    } else if (has_slash_ && size_ <= sizeof name_) {
      if (size_ < sizeof name_) name_[size_] = byte;
      size_++;
    }
  }
}

MappedNames mapped_by(int pid, size_t* budget) {
  MappedNames names;
  char bytes[4096];
  text::Builder(bytes) << "/proc/" << static_cast<uint64_t>(pid) << "/maps";
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, bytes, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return names;
  while (!names.has_tables() && *budget > 0) {
    const size_t wanted = *budget < sizeof bytes ? *budget : sizeof bytes;
    const long size = arch::syscall(SYS_read, fd, bytes, wanted);
    if (size <= 0) break;
    *budget -= static_cast<size_t>(size);
    names.take({bytes, static_cast<size_t>(size)});
  }
  arch::syscall(SYS_close, fd);
  return names;
}

}  // namespace tree
