#include "env/mapped_names.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cstdint>

#include "env/sys/arch.h"
#include "env/sys/text.h"
#include "tables/spool_name.h"

namespace tree {

namespace {

constexpr std::string_view kRemoved = " (deleted)";
constexpr std::string_view kMemory = "memfd:profiler";
constexpr std::string_view kLibrary = "libprofiler.so";

}  // namespace

void MappedNames::line_ends() {
  std::string_view path(path_, size_);
  size_ = 0;
  if (path.empty() || path.size() > sizeof path_) return;
  if (text::ends_with(path, kRemoved)) path = text::part(path, 0, path.size() - kRemoved.size());
  const size_t slash = text::find_last(path, '/');
  const std::string_view name = text::part(path, slash + 1);
  uint64_t pid = 0;
  const bool is_file = spool::read_name(name, &pid);
  if (is_file) directory_size_ = slash;
  has_tables_ = is_file || name == kMemory;
  has_library_ = has_library_ || name == kLibrary;
}

void MappedNames::take(std::string_view piece) {
  for (const char byte : piece) {
    if (has_tables_) return;
    if (byte == '\n') {
      line_ends();
    } else if (size_ > 0 || byte == '/') {
      if (size_ < sizeof path_) path_[size_] = byte;
      if (size_ <= sizeof path_) size_++;
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
