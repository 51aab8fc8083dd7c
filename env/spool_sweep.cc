#include "env/spool_sweep.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

#include "env/safe/arch.h"
#include "env/safe/folder.h"
#include "env/safe/text.h"
#include "env/spool_name.h"

namespace spool {

namespace {

// A start must not pay for a folder that is full of other things.
constexpr unsigned kMostEntries = 256;
constexpr unsigned kMostLookedAt = 64;

int open_at(int folder, const char* name, int flags) {
  const long fd = arch::syscall(SYS_openat, folder, name,
                                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0);
  return static_cast<int>(fd);
}

void close(int fd) {
  arch::syscall(SYS_close, fd);
}

bool is_locked(int fd) {
  return arch::syscall(SYS_flock, fd, LOCK_EX | LOCK_NB) != 0;
}

class Sweeper {
 public:
  explicit Sweeper(const Sweep& what)
      : what_(what), uid_(static_cast<uint32_t>(arch::syscall(SYS_geteuid))) {}

  unsigned removed() const { return removed_; }

  // Returns how many names it left there but for the ledger's.
  unsigned sweep(int folder, bool may_hold_run_folders) {
    unsigned left = 0;
    folder::each_name(folder, [&](const char* name) {
      const bool stops = ++entries_ > kMostEntries;
      if (stops || !take(folder, name, may_hold_run_folders)) left++;
      return !stops;
    });
    return left;
  }

 private:
  // True if the entry is none, the ledger, or gone.
  bool take(int folder, const char* name_bytes, bool may_hold_run_folders) {
    const std::string_view name(name_bytes);
    uint64_t pid;
    if (read_name(name, &pid)) return take_tables(folder, name_bytes, pid);
    if (may_hold_run_folders && what_.all && is_run_folder(name)) {
      take_run_folder(folder, name_bytes);
    }
    return name == "." || name == ".." || name == kLedger;
  }

  bool is_old(int folder, const char* name, uint32_t type) {
    struct stat st = {};
    if (looked_at_++ >= kMostLookedAt) return false;
    if (arch::syscall(SYS_newfstatat, folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return false;
    return (st.st_mode & S_IFMT) == type && st.st_uid == uid_ &&
           static_cast<uint64_t>(st.st_mtim.tv_sec) + kKeptFor_s < what_.now_s;
  }

  bool take_tables(int folder, const char* name, uint64_t pid) {
    if (!what_.all && pid != what_.own_pid) return false;
    if (!is_old(folder, name, S_IFREG)) return false;
    const int fd = open_at(folder, name, 0);
    if (fd < 0) return false;
    const bool is_alive =
        is_locked(fd) || (pid != what_.own_pid && arch::syscall(SYS_kill, pid, 0) != -ESRCH);
    const bool gone = !is_alive && arch::syscall(SYS_unlinkat, folder, name, 0) == 0;
    close(fd);
    if (gone) removed_++;
    return gone;
  }

  void take_run_folder(int parent, const char* name) {
    if (!is_old(parent, name, S_IFDIR)) return;
    const int folder = open_at(parent, name, O_DIRECTORY);
    if (folder < 0) return;
    const int ledger = open_at(folder, kLedger.data(), 0);
    if (ledger < 0 || !is_locked(ledger)) {
      if (sweep(folder, false) == 0) {
        arch::syscall(SYS_unlinkat, folder, kLedger.data(), 0);
        arch::syscall(SYS_unlinkat, parent, name, AT_REMOVEDIR);
      }
    }
    if (ledger >= 0) close(ledger);
    close(folder);
  }

  const Sweep& what_;
  const uint32_t uid_;
  unsigned removed_ = 0, entries_ = 0, looked_at_ = 0;
};

}  // namespace

unsigned sweep(const Sweep& what) {
  char path[4096];
  text::Builder name(path);
  name << what.folder;
  if (name.cut()) return 0;
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  Sweeper sweeper(what);
  sweeper.sweep(static_cast<int>(fd), true);
  close(static_cast<int>(fd));
  return sweeper.removed();
}

}  // namespace spool
