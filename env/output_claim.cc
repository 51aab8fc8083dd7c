#include "env/output_claim.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <cerrno>

#include "env/sys/arch.h"

namespace output_claim {

namespace {

constexpr unsigned kRenameNoReplace = 1;  // RENAME_NOREPLACE, of linux/fs.h

long stat_link(int directory, const char* path, struct stat* st) {
  return arch::syscall(SYS_newfstatat, directory, path, st, AT_SYMLINK_NOFOLLOW);
}

long rename(int directory, const char* from, const char* to, unsigned flags) {
  return arch::syscall(SYS_renameat2, directory, from, directory, to, flags);
}

bool is_of_an_earlier_run(int directory, const char* path, uint64_t start_realtime_ns) {
  struct stat st = {};
  if (stat_link(directory, path, &st) != 0) return false;
  if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) return false;
  const uint64_t changed_ns = static_cast<uint64_t>(st.st_ctim.tv_sec) * 1000000000 +
                              static_cast<uint64_t>(st.st_ctim.tv_nsec);
  return changed_ns <= start_realtime_ns;
}

long rename_if_free(int directory, const char* from, const char* to) {
  const long result = rename(directory, from, to, kRenameNoReplace);
  if (result != -EINVAL && result != -ENOSYS && result != -EPERM) return result;
  // A file system (NFS) or a sandbox that cannot do it: look, then rename.
  struct stat st = {};
  if (stat_link(directory, to, &st) == 0) return -EEXIST;
  return rename(directory, from, to, 0);
}

}  // namespace

long take_name(int directory, const char* temporary, const char* path, uint64_t start_realtime_ns) {
  long result = rename_if_free(directory, temporary, path);
  if (result != -EEXIST || !is_of_an_earlier_run(directory, path, start_realtime_ns)) return result;
  result = rename(directory, temporary, path, 0);
  // In a sticky directory the file may be another user's.
  return result == -EPERM || result == -EACCES ? -EEXIST : result;
}

}  // namespace output_claim
