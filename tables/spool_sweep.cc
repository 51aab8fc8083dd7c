#include "tables/spool_sweep.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>

#include "env/sys/arch.h"
#include "env/sys/directory.h"
#include "env/sys/text.h"
#include "tables/layout.h"
#include "tables/spool_name.h"

namespace spool {

namespace {

// A start must not pay for a directory that is full of other things.
constexpr unsigned kMostEntries = 512;  // two for a process
constexpr unsigned kMostLookedAt = 128;

int open_at(int directory, const char* name, int flags) {
  const long fd = arch::syscall(SYS_openat, directory, name,
                                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0);
  return static_cast<int>(fd);
}

void close(int fd) {
  arch::syscall(SYS_close, fd);
}

// Of files that were written nothing is left to recover. They are here where the process could not
// remove them: it had become another user (a server's workers), and the directory is sticky.
bool is_written(int fd) {
  struct {
    char magic[sizeof layout::kMagic];
    uint32_t version, header_size;
    uint64_t numbers[3];
    uint32_t state;
  } head = {};
  static_assert(offsetof(decltype(head), state) == offsetof(layout::Header, state));
  return arch::syscall(SYS_pread64, fd, &head, sizeof head, 0L) == long{sizeof head} &&
         __builtin_memcmp(head.magic, layout::kMagic, sizeof head.magic) == 0 &&
         head.version == layout::kVersion &&
         head.state == static_cast<uint32_t>(layout::State::kWritten);
}

// Only of tables of this version. The image may have left without a mark, then the rest is zeros.
void take_mark(int fd, const Sweep& what) {
  struct {
    char magic[sizeof layout::kMagic];
    uint32_t version;
  } head = {};
  layout::ExecMark mark{};
  if (arch::syscall(SYS_pread64, fd, &head, sizeof head, 0L) != long{sizeof head} ||
      head.version != layout::kVersion ||
      __builtin_memcmp(head.magic, layout::kMagic, sizeof head.magic) != 0) {
    return;
  }
  const long size =
      arch::syscall(SYS_pread64, fd, &mark, sizeof mark, long{offsetof(layout::Header, exec_mark)});
  if (size == long{sizeof mark} && mark.birth_ticks == what.birth_ticks) *what.mark = mark;
}

bool is_locked(int fd) {
  return arch::syscall(SYS_flock, fd, LOCK_EX | LOCK_NB) != 0;
}

// The name of the tables that belong to an origin, or of the origin that belongs to tables.
class OtherName {
 public:
  OtherName(std::string_view name, std::string_view end) {
    text::Builder other(bytes_);
    put_other_end(name, end, other);
  }
  const char* c_str() const { return bytes_; }

 private:
  char bytes_[64];  // spool::read_name knows no longer ones
};

class Sweeper {
 public:
  explicit Sweeper(const Sweep& what)
      : what_(what), uid_(static_cast<uint32_t>(arch::syscall(SYS_geteuid))) {}

  unsigned removed() const { return removed_; }

  // Returns how many names it left there but for the ledger's.
  unsigned sweep(int directory, bool may_hold_run_directories) {
    unsigned left = 0;
    directory::each_name(directory, [&](const char* name) {
      const bool stops = ++entries_ > kMostEntries;
      if (stops || !take(directory, name, may_hold_run_directories)) left++;
      return !stops;
    });
    return left;
  }

 private:
  // True if the entry is none, the ledger, an origin, or gone.
  bool take(int directory, const char* name_bytes, bool may_hold_run_directories) {
    const std::string_view name(name_bytes);
    uint64_t pid;
    if (read_name(name, &pid)) return take_tables(directory, name_bytes, pid);
    if (read_name(name, &pid, kOriginEnd)) {
      take_origin(directory, name_bytes, pid);
      return true;  // it stays only beside its tables, which count
    }
    if (may_hold_run_directories && what_.all && is_run_directory(name)) {
      take_run_directory(directory, name_bytes);
    }
    return name == "." || name == ".." || name == kWrittenList;
  }

  // False if it is not this user's, or enough entries were read.
  bool look_at(int directory, const char* name, uint32_t type, bool* is_old) {
    struct stat st = {};
    if (looked_at_++ >= kMostLookedAt) return false;
    if (arch::syscall(SYS_newfstatat, directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return false;
    *is_old = static_cast<uint64_t>(st.st_mtim.tv_sec) + kKeptFor_s < what_.now_s;
    return (st.st_mode & S_IFMT) == type && st.st_uid == uid_;
  }

  bool take_tables(int directory, const char* name, uint64_t pid) {
    if (!what_.all && pid != what_.own_pid) return false;
    bool is_old;
    if (!look_at(directory, name, S_IFREG, &is_old)) return false;
    const int fd = open_at(directory, name, 0);
    if (fd < 0) return false;
    if (pid == what_.own_pid && what_.mark != nullptr) take_mark(fd, what_);
    // Only what has been written is locked here: one that is being made would miss its own lock.
    const bool is_in_use = (!is_old && !is_written(fd)) || is_locked(fd) ||
                           (pid != what_.own_pid && arch::syscall(SYS_kill, pid, 0) != -ESRCH);
    const bool gone = !is_in_use && arch::syscall(SYS_unlinkat, directory, name, 0) == 0;
    close(fd);
    if (!gone) return false;
    removed_++;
    arch::syscall(SYS_unlinkat, directory, OtherName(name, kOriginEnd).c_str(), 0);
    return true;
  }

  // Goes with its tables, or where they have gone without it: it is made after them.
  void take_origin(int directory, const char* name, uint64_t pid) {
    bool is_old;
    if (!what_.all && pid != what_.own_pid) return;
    if (!look_at(directory, name, S_IFREG, &is_old)) return;
    struct stat st = {};
    const OtherName tables(name, kTablesEnd);
    const long found =
        arch::syscall(SYS_newfstatat, directory, tables.c_str(), &st, AT_SYMLINK_NOFOLLOW);
    if (found == -ENOENT) arch::syscall(SYS_unlinkat, directory, name, 0);
  }

  void take_run_directory(int parent, const char* name) {
    bool is_old;
    if (!look_at(parent, name, S_IFDIR, &is_old) || !is_old) return;
    const int directory = open_at(parent, name, O_DIRECTORY);
    if (directory < 0) return;
    const int list = open_at(directory, kWrittenList.data(), 0);
    if (list < 0 || !is_locked(list)) {
      if (sweep(directory, false) == 0) {
        arch::syscall(SYS_unlinkat, directory, kWrittenList.data(), 0);
        arch::syscall(SYS_unlinkat, parent, name, AT_REMOVEDIR);
      }
    }
    if (list >= 0) close(list);
    close(directory);
  }

  const Sweep& what_;
  const uint32_t uid_;
  unsigned removed_ = 0, entries_ = 0, looked_at_ = 0;
};

}  // namespace

unsigned sweep(const Sweep& what) {
  char path[4096];
  text::Builder name(path);
  name << what.directory;
  if (name.cut()) return 0;
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  Sweeper sweeper(what);
  sweeper.sweep(static_cast<int>(fd), true);
  close(static_cast<int>(fd));
  return sweeper.removed();
}

}  // namespace spool
