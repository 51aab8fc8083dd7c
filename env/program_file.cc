#include "env/program_file.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdint>

#include "env/mapped_paths.h"
#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace program_file {

namespace {

constexpr char kExecutable[] = "/proc/self/exe";

bool is_same_file(const char* a, const char* b) {
  struct stat first, second;
  return arch::syscall(SYS_newfstatat, AT_FDCWD, a, &first, 0) == 0 &&
         arch::syscall(SYS_newfstatat, AT_FDCWD, b, &second, 0) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// A name that means another file in another process, or at another time.
bool is_magic(std::string_view path) {
  return text::starts_with(path, "/proc/") || text::starts_with(path, "/dev/fd/");
}

// The loader was executed, and the program is an argument of it: the kernel has loaded one file.
bool is_started_by_loader() {
  return getauxval(AT_BASE) == 0;
}

bool holds(const mapped_paths::Line& line, uint64_t address) {
  return address - line.start < line.end - line.start;
}

// Takes off what the kernel adds to the name of a removed file. `to` has room for a zero.
size_t without_mark(char* to, size_t size) {
  using mapped_paths::kRemoved;
  to[size] = '\0';
  struct stat status;
  const bool is_marked = text::ends_with({to, size}, kRemoved) &&
                         arch::syscall(SYS_newfstatat, AT_FDCWD, to, &status, 0) != 0;
  if (is_marked) size -= kRemoved.size();
  to[size] = '\0';
  return size;
}

size_t read_file_path(char* to, size_t room) {
  const bool by_loader = is_started_by_loader();
  const size_t mapped = by_loader ? mapped_paths::find(holds, getauxval(AT_PHDR), to, room - 1) : 0;
  if (mapped > 0) return without_mark(to, mapped);
  const long size = arch::syscall(SYS_readlink, kExecutable, to, room - 1);
  return size > 0 ? without_mark(to, static_cast<size_t>(size)) : 0;
}

}  // namespace

Program read(const char* executed, char* room, size_t size) {
  if (size > kPathSize) size = kPathSize;
  if (size < 2) return {{}, false};
  const std::string_view name = executed == nullptr ? std::string_view() : executed;
  const size_t found = read_file_path(room, size);
  const bool by_loader = is_started_by_loader();
  const bool has_executed_name = !name.empty() && !is_magic(name) && !by_loader;
  const bool is_good = text::starts_with(name, "/") && !is_magic(name) && name.size() < size &&
                       is_same_file(executed, by_loader ? room : kExecutable);
  // Without /proc there is only what the kernel was asked to execute.
  if (!is_good && (found != 0 || !has_executed_name)) return {{room, found}, has_executed_name};
  const size_t copied = name.size() < size ? name.size() : size;
  __builtin_memcpy(room, name.data(), copied);
  return {{room, copied}, has_executed_name};
}

}  // namespace program_file
