#include "env/spool.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

#include "env/descriptor_room.h"
#include "env/safe/arch.h"
#include "env/safe/log.h"
#include "env/safe/text.h"
#include "env/spool_name.h"
#include "env/spool_sweep.h"

namespace spool {

namespace {

constexpr size_t kLeast = size_t{1} << 20;

char file_path[4096 + 64];
char ledger_path[4096 + 64];
int nameless = -1;  // the descriptor of tables without a name, until it is handed over

void append_hex(text::Builder& out, uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4) out << "0123456789abcdef"[number >> shift & 15];
}

// Whether tables in `folder` are safe: enough room beside everybody else's, and a file system on
// which a page that was populated can always be written again (one with copy on write raises SIGBUS
// when it is full; docs/decisions/0002-where-the-tables-live.md).
bool is_good_place(const char* folder, size_t size) {
  struct statfs fs;
  if (arch::syscall(SYS_statfs, folder, &fs) != 0) return false;
  if (fs.f_type != TMPFS_MAGIC && fs.f_type != EXT4_SUPER_MAGIC) return false;
  const uint64_t free_bytes =
      static_cast<uint64_t>(fs.f_bavail) * static_cast<uint64_t>(fs.f_bsize);
  return free_bytes / 4 >= size;
}

uint64_t limit_of(int what) {
  uint64_t limit[2] = {~uint64_t{0}, 0};
  return arch::syscall(SYS_prlimit64, 0, what, 0L, limit) == 0 ? limit[0] : ~uint64_t{0};
}

// An eighth of all the memory that the host may map: the rest is its own. Private memory counts for
// RLIMIT_DATA too.
uint64_t fair_share(bool is_private) {
  constexpr int kData = 2, kAddressSpace = 9;
  const uint64_t all = limit_of(kAddressSpace), data = limit_of(kData);
  return (is_private && data < all ? data : all) / 8;
}

// vm.overcommit_memory=2: what is reserved counts, and is taken from all.
bool do_reservations_count() {
  char mode = 0;
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, "/proc/sys/vm/overcommit_memory",
                                O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  arch::syscall(SYS_read, fd, &mode, 1);
  arch::syscall(SYS_close, fd);
  return mode == '2';
}

// Whether so much more could be reserved now.
bool has_room_for(size_t size) {
  const long at = arch::syscall(SYS_mmap, 0L, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  if (arch::is_error(at)) return false;
  arch::syscall(SYS_munmap, at, size);
  return true;
}

// Maps as much of `size` as the host's limits allow, halving down to kLeast.
Mapping map(int fd, size_t size) {
  while (size / 2 >= kLeast && size > fair_share(fd < 0)) size /= 2;
  const int flags =
      fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED | MAP_NORESERVE;
  const bool counts = fd < 0 && do_reservations_count();
  for (; size >= kLeast; size /= 2) {
    const long at = arch::syscall(SYS_mmap, 0L, size, PROT_READ | PROT_WRITE, flags, fd, 0L);
    if (arch::is_error(at)) continue;
    const bool is_fair = !counts || size / 2 < kLeast || has_room_for(7 * size);
    if (is_fair) return {reinterpret_cast<char*>(at), size};
    arch::syscall(SYS_munmap, at, size);
  }
  return {nullptr, 0};
}

// Linux sends SIGXFSZ before ftruncate fails with EFBIG, so the limit is asked for first.
bool may_have_size(size_t size) {
  constexpr int kFileSize = 1;
  return limit_of(kFileSize) >= size;
}

// A file of its own in `folder`: new, unguessable, nobody else's. Returns a negative errno.
Mapping create_in(std::string_view folder, const Request& request, int* error) {
  uint64_t random = 0;
  arch::syscall(SYS_getrandom, &random, sizeof random, 0);
  text::Builder name(file_path);
  // The program may go elsewhere before it removes the file.
  if (!text::starts_with(folder, "/")) name << request.output_folder << '/';
  name << folder << "/profiler-" << static_cast<uint64_t>(request.pid) << '-';
  append_hex(name, random);
  name << ".tables";
  *error = ENAMETOOLONG;
  if (name.cut()) return {nullptr, 0};
  *error = EFBIG;
  if (!may_have_size(request.size)) return {nullptr, 0};
  const StandardPlaces above;
  const long opened = arch::syscall(SYS_openat, AT_FDCWD, file_path,
                                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  *error = static_cast<int>(-opened);
  if (opened < 0) return {nullptr, 0};
  const int fd = above_standard(static_cast<int>(opened));
  if (fd < 0) {
    *error = -fd;
    remove();
    return {nullptr, 0};
  }
  // The mapping keeps the open file, and so the lock, until it goes: whoever finds the file knows
  // by it whether its process lives, without the process's number (containers, numbers used again).
  arch::syscall(SYS_flock, fd, LOCK_EX | LOCK_NB);
  const long sized = arch::syscall(SYS_ftruncate, fd, request.size);
  Mapping mapping{nullptr, 0};
  if (sized == 0) mapping = map(fd, request.size);
  *error = sized == 0 ? ENOMEM : static_cast<int>(-sized);
  arch::syscall(SYS_close, fd);
  if (mapping.base == nullptr) remove();
  return mapping;
}

// A memfd, so that its mapping shows to children which process records; no other process can open
// it by name.
Mapping map_nameless(size_t size) {
  const StandardPlaces above;
  const long made =
      may_have_size(size) ? arch::syscall(SYS_memfd_create, "profiler", MFD_CLOEXEC) : -EFBIG;
  nameless = above_standard(static_cast<int>(made));
  if (nameless >= 0 && arch::syscall(SYS_flock, nameless, LOCK_EX | LOCK_NB) == 0 &&
      arch::syscall(SYS_ftruncate, nameless, size) == 0) {
    const Mapping mapping = map(nameless, size);
    if (mapping.base != nullptr) return mapping;
  }
  close_descriptor();
  return map(-1, size);
}

void look_for_ledger(std::string_view folder) {
  text::Builder name(ledger_path);
  name << folder << '/' << kLedger;
  if (name.cut() || arch::syscall(SYS_faccessat, AT_FDCWD, ledger_path, 2) != 0) {
    ledger_path[0] = '\0';
  }
}

// The folder of a `profiler run` that has ended goes with the last tables in it.
void remove_run_folder() {
  char folder[sizeof ledger_path];
  text::Builder(folder) << text::part(ledger_path, 0, text::find_last(ledger_path, '/'));
  arch::syscall(SYS_rmdir, folder);  // not while anything is in it
}

}  // namespace

void sweep_place(std::string_view where, int pid, uint64_t now_s, bool first_process) {
  if (where == "none") return;
  sweep({where == "auto" ? std::string_view(kSharedMemory) : where, now_s,
         static_cast<uint64_t>(pid), first_process});
}

Mapping open(const Request& request) {
  int error = 0;
  Mapping mapping{nullptr, 0};
  if (request.where == "auto") {
    char output_folder[4096];
    text::Builder(output_folder) << request.output_folder;
    if (is_good_place(kSharedMemory, request.size))
      mapping = create_in(kSharedMemory, request, &error);
    if (mapping.base == nullptr && is_good_place(output_folder, request.size)) {
      mapping = create_in(request.output_folder, request, &error);
    }
  } else if (request.where != "none") {
    look_for_ledger(request.where);
    mapping = create_in(request.where, request, &error);
    if (mapping.base == nullptr) {
      logging::Line(logging::Level::kError)
          << "PROFILER_SPOOL=" << request.where << ": no file can be made there (error " << error
          << "); a profile of this process will not outlive a kill";
    }
  }
  if (mapping.base != nullptr) return mapping;
  file_path[0] = '\0';
  mapping = map_nameless(request.size);
  if (!request.is_shared) close_descriptor();
  return mapping;
}

int descriptor() {
  if (file_path[0] == '\0') return nameless;
  return static_cast<int>(arch::syscall(SYS_openat, AT_FDCWD, file_path, O_RDWR | O_NOFOLLOW, 0));
}

void close_descriptor() {
  if (nameless >= 0) arch::syscall(SYS_close, nameless);
  nameless = -1;
}

void remove() {
  if (file_path[0] == '\0') return;
  arch::syscall(SYS_unlink, file_path);
  file_path[0] = '\0';
  if (ledger_path[0] != '\0' && !has_ledger()) remove_run_folder();
}

void mark_as_old(bool old) {
  if (file_path[0] == '\0') return;
  constexpr timespec kNow{0, UTIME_NOW};
  const timespec times[2] = {old ? timespec{} : kNow, old ? timespec{} : kNow};
  arch::syscall(SYS_utimensat, AT_FDCWD, file_path, times, AT_SYMLINK_NOFOLLOW);
}

std::string_view file() {
  return file_path;
}

void forget() {
  file_path[0] = '\0';
}

bool has_ledger() {
  return ledger_path[0] != '\0' && arch::syscall(SYS_faccessat, AT_FDCWD, ledger_path, 2) == 0;
}

void enter_in_ledger(std::string_view profile_path) {
  const StandardPlaces above;
  const int fd = above_standard(static_cast<int>(arch::syscall(
      SYS_openat, AT_FDCWD, ledger_path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0)));
  if (fd < 0) return;
  char entry[4096 + 1];
  text::Builder line(entry);
  line << profile_path;
  // One write with its terminating zero: O_APPEND keeps the entries of a tree apart.
  if (!line.cut()) arch::syscall(SYS_write, fd, entry, line.size() + 1);
  arch::syscall(SYS_close, fd);
}

}  // namespace spool
