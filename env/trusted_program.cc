#include "env/trusted_program.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "env/sys/arch.h"
#include "env/sys/descriptor_room.h"

namespace trusted_program {

namespace {

bool status_of(int descriptor, struct stat* status) {
  return arch::syscall(SYS_newfstatat, descriptor, "", status, AT_EMPTY_PATH) == 0;
}

bool is_acceptable(const struct stat& file, uid_t user) {
  return S_ISREG(file.st_mode) && (file.st_uid == 0 || file.st_uid == user) &&
         (file.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
         (file.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

int open_path(int directory, const char* path, int flags) {
  return above_standard(
      static_cast<int>(arch::syscall(SYS_openat, directory, path, O_PATH | O_CLOEXEC | flags, 0)));
}

void close(int descriptor) {
  if (descriptor >= 0) arch::syscall(SYS_close, descriptor);
}

Opened unopened(int result) {
  Opened opened;
  const bool is_there = result != -ENOENT && result != -ENOTDIR;
  opened.refusal = is_there ? Refusal::kUnopened : Refusal::kNotFound;
  opened.error = -result;
  return opened;
}

Opened refused(Refusal refusal, const struct stat& status) {
  Opened opened;
  opened.refusal = refusal;
  opened.owner = status.st_uid;
  opened.mode = status.st_mode & 07777;
  return opened;
}

}  // namespace

bool is_as_protected(const struct stat& directory, const struct stat& library_directory,
                     uid_t user) {
  const bool is_same =
      directory.st_dev == library_directory.st_dev && directory.st_ino == library_directory.st_ino;
  if (is_same) return true;
  const bool has_safe_owner = directory.st_uid == 0 || directory.st_uid == user ||
                              directory.st_uid == library_directory.st_uid;
  const bool is_library_open = (library_directory.st_mode & S_IWOTH) != 0;
  const bool shares_group =
      (library_directory.st_mode & S_IWGRP) != 0 && directory.st_gid == library_directory.st_gid;
  if ((directory.st_mode & S_IWOTH) != 0 && !is_library_open) return false;
  if ((directory.st_mode & S_IWGRP) != 0 && !is_library_open && !shares_group) return false;
  return has_safe_owner || is_library_open;
}

Opened open(const char* library_directory, const char* directory, const char* name) {
  const StandardPlaces above;
  const auto user = static_cast<uid_t>(arch::syscall(SYS_geteuid));
  const int library_at = open_path(AT_FDCWD, library_directory, O_DIRECTORY);
  const int directory_at = open_path(AT_FDCWD, directory, O_DIRECTORY);
  const int file_at = directory_at >= 0 ? open_path(directory_at, name, O_NOFOLLOW) : directory_at;
  struct stat library {
  }, place{}, file{};
  Opened opened = unopened(file_at < 0 ? file_at : library_at);
  if (library_at >= 0 && file_at >= 0 && status_of(library_at, &library) &&
      status_of(directory_at, &place) && status_of(file_at, &file)) {
    if (!is_acceptable(file, user)) {
      opened = refused(Refusal::kFile, file);
    } else if (!is_as_protected(place, library, user)) {
      opened = refused(Refusal::kDirectory, place);
    } else {
      opened.descriptor = file_at;
      opened.refusal = Refusal::kNone;
    }
  }
  close(library_at);
  close(directory_at);
  if (opened.descriptor < 0) close(file_at);
  return opened;
}

}  // namespace trusted_program
