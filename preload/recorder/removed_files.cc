#include "preload/recorder/removed_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "env/mapped_paths.h"
#include "env/sys/arch.h"
#include "env/sys/text.h"
#include "tables/tables.h"

namespace removed_files {

namespace {

// Memory that has no other name counts as removed: code made at run time is mapped from such.
bool is_memory(std::string_view path) {
  return text::starts_with(path, "/memfd:") || text::starts_with(path, "/dev/") ||
         text::starts_with(path, "/SYSV");
}

bool is_removed_code(const mapped_paths::Line& line, uint64_t) {
  return line.is_code && text::ends_with(line.path, mapped_paths::kRemoved) &&
         !is_memory(line.path);
}

bool is_program_gone() {
  static char path[mapped_paths::kPathSize + 1];
  text::Builder(path) << tables::text_at(tables::header().program);
  struct stat status;
  return path[0] == '/' && arch::syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0) != 0;
}

}  // namespace

bool any() {
  static char path[mapped_paths::kPathSize];
  return is_program_gone() || mapped_paths::find(is_removed_code, 0, path, sizeof path) != 0;
}

}  // namespace removed_files
