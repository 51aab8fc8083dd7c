#include "env/output_claim.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <cerrno>

#include "env/sys/arch.h"

namespace output_claim {

namespace {

constexpr unsigned kRenameNoReplace = 1;  // RENAME_NOREPLACE, of linux/fs.h

long stat_link(int folder, const char* path, struct stat* st) {
  return arch::syscall(SYS_newfstatat, folder, path, st, AT_SYMLINK_NOFOLLOW);
}

long rename(int folder, const char* from, const char* to, unsigned flags) {
  return arch::syscall(SYS_renameat2, folder, from, folder, to, flags);
}

bool is_of_an_earlier_run(int folder, const char* path, uint64_t start_realtime_ns) {
  struct stat st = {};
  if (stat_link(folder, path, &st) != 0) return false;
  if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) return false;
  const uint64_t changed_ns = static_cast<uint64_t>(st.st_ctim.tv_sec) * 1000000000 +
                              static_cast<uint64_t>(st.st_ctim.tv_nsec);
  return changed_ns <= start_realtime_ns;
}

long rename_if_free(int folder, const char* from, const char* to) {
  const long result = rename(folder, from, to, kRenameNoReplace);
  if (result != -EINVAL && result != -ENOSYS && result != -EPERM) return result;
  // A file system (NFS) or a sandbox that cannot do it: look, then rename.
  struct stat st = {};
  if (stat_link(folder, to, &st) == 0) return -EEXIST;
  return rename(folder, from, to, 0);
}

}  // namespace

long take_name(int folder, const char* temporary, const char* path, uint64_t start_realtime_ns) {
  long result = rename_if_free(folder, temporary, path);
  if (result != -EEXIST || !is_of_an_earlier_run(folder, path, start_realtime_ns)) return result;
  result = rename(folder, temporary, path, 0);
  // In a sticky folder the file may be another user's.
  return result == -EPERM || result == -EACCES ? -EEXIST : result;
}

}  // namespace output_claim
