#include "tables/written_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "env/sys/arch.h"
#include "env/sys/descriptor_room.h"
#include "env/sys/text.h"
#include "tables/spool_name.h"

namespace spool {

namespace {

char run_directory[4096];  // empty: there is none

bool is_own(int fd, mode_t type) {
  struct stat st = {};
  return arch::syscall(SYS_fstat, fd, &st) == 0 && (st.st_mode & S_IFMT) == type &&
         st.st_uid == static_cast<uid_t>(arch::syscall(SYS_geteuid)) &&
         (type != S_IFDIR || (st.st_mode & 0777) == 0700);
}

// Both are checked by the descriptor that is used then. Negative: there is no such file.
int open_written_list(const char* path, int flags) {
  const long directory =
      arch::syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (directory < 0) return -1;
  long fd = -1;
  if (is_own(static_cast<int>(directory), S_IFDIR)) {
    // O_NONBLOCK: a FIFO would wait for a reader.
    fd = arch::syscall(SYS_openat, directory, kWrittenList.data(),
                       flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
  }
  arch::syscall(SYS_close, directory);
  if (fd < 0 || is_own(static_cast<int>(fd), S_IFREG)) return static_cast<int>(fd);
  arch::syscall(SYS_close, fd);
  return -1;
}

// False if no directory of that name can be one that run has made.
bool copy_name(std::string_view directory, char (&copy)[sizeof run_directory]) {
  while (directory.size() > 1 && text::ends_with(directory, "/")) {
    directory = text::part(directory, 0, directory.size() - 1);
  }
  text::Builder name(copy);
  name << directory;
  const size_t slash = text::find_last(directory, '/');
  return !name.cut() && slash != text::kNowhere &&
         is_run_directory(text::part(directory, slash + 1));
}

void enter(const char* directory, std::string_view profile_path) {
  const StandardPlaces above;
  const int fd = above_standard(open_written_list(directory, O_WRONLY | O_APPEND));
  if (fd < 0) return;
  char entry[4096 + 1];
  text::Builder line(entry);
  line << profile_path;
  // One write with its terminating zero: O_APPEND keeps the entries of a tree apart.
  if (!line.cut()) arch::syscall(SYS_write, fd, entry, line.size() + 1);
  arch::syscall(SYS_close, fd);
}

}  // namespace

void look_for_written_list(std::string_view directory) {
  const StandardPlaces above;
  if (!copy_name(directory, run_directory) || !has_written_list()) run_directory[0] = '\0';
}

bool has_written_list() {
  if (run_directory[0] == '\0') return false;
  const StandardPlaces above;
  const int fd = open_written_list(run_directory, O_WRONLY | O_APPEND);
  if (fd >= 0) arch::syscall(SYS_close, fd);
  return fd >= 0;
}

void enter_in_written_list(std::string_view profile_path) {
  if (run_directory[0] != '\0') enter(run_directory, profile_path);
}

void enter_in_list_of(std::string_view directory, std::string_view profile_path) {
  char name[sizeof run_directory];
  if (copy_name(directory, name)) enter(name, profile_path);
}

void mark_incomplete() {
  if (run_directory[0] == '\0') return;
  const StandardPlaces above;
  const int fd = above_standard(open_written_list(run_directory, O_WRONLY));
  if (fd < 0) return;
  arch::syscall(SYS_fchmod, fd, kIncompleteMode);
  arch::syscall(SYS_close, fd);
}

void remove_run_directory() {
  if (run_directory[0] == '\0' || has_written_list()) return;
  arch::syscall(SYS_rmdir, run_directory);
}

}  // namespace spool
