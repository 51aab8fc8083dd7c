#include "tables/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>

#include "env/sys/arch.h"
#include "env/sys/descriptor_room.h"
#include "env/sys/log.h"
#include "env/sys/own_process.h"
#include "env/sys/text.h"
#include "tables/spool_name.h"
#include "tables/spool_sweep.h"
#include "tables/written_list.h"

namespace spool {

namespace {

char file_path[4096 + 64];
// Descriptors of tables without a name and of their origin, until they are handed over.
int nameless = -1, nameless_origin = -1;

void append_hex(text::Builder& out, uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4) out << "0123456789abcdef"[number >> shift & 15];
}

class OriginPath {
 public:
  OriginPath() {
    text::Builder path(bytes_);
    put_other_end(file_path, kOriginEnd, path);
  }
  const char* c_str() const { return bytes_; }

 private:
  char bytes_[sizeof file_path];
};

// A new file, above the standard descriptors. A negative errno, and there is none.
int create(const char* path) {
  const long opened = arch::syscall(SYS_openat, AT_FDCWD, path,
                                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  const int fd = above_standard(static_cast<int>(opened));
  if (opened >= 0 && fd < 0) arch::syscall(SYS_unlink, path);
  return fd;
}

// Readers refuse an origin of other tables.
bool name_tables(int fd, origin::Facts& facts) {
  struct stat st = {};
  if (arch::syscall(SYS_fstat, fd, &st) != 0) return false;
  facts.head.tables_device = st.st_dev;
  facts.head.tables_inode = st.st_ino;
  return true;
}

// 0 or an errno, and there is no file.
int create_origin(const char* path, const origin::Facts& facts) {
  const int fd = create(path);
  if (fd < 0) return -fd;
  // An earlier umask may have taken a bit that readers ask for.
  const bool whole = arch::syscall(SYS_fchmod, fd, 0600) == 0 && origin::write(fd, facts);
  arch::syscall(SYS_close, fd);
  if (whole) return 0;
  arch::syscall(SYS_unlink, path);
  return ENOSPC;
}

// A file of its own in `directory`: new, unguessable, no other process's. The origin comes after
// it, so an origin without tables is one that lost them.
Mapping try_in(std::string_view directory, const Request& request, int* error) {
  uint64_t random = 0;
  arch::syscall(SYS_getrandom, &random, sizeof random, 0);
  text::Builder name(file_path);
  // The program may go elsewhere before it removes the file.
  if (!text::starts_with(directory, "/")) name << request.output_directory << '/';
  name << directory << "/profiler-" << static_cast<uint64_t>(request.pid) << '-';
  append_hex(name, random);
  name << kTablesEnd;
  *error = ENAMETOOLONG;
  if (name.cut()) return {nullptr, 0};
  *error = EFBIG;
  if (!may_have_size(request.size)) return {nullptr, 0};
  const StandardPlaces above;
  const int fd = create(file_path);
  *error = -fd;
  if (fd < 0) return {nullptr, 0};
  // The mapping keeps the open file, and so the lock, until it goes. A process that finds the
  // file knows by it whether its process lives, without the number (containers, reused numbers).
  arch::syscall(SYS_flock, fd, LOCK_EX | LOCK_NB);
  const long sized = arch::syscall(SYS_ftruncate, fd, request.size);
  Mapping mapping{nullptr, 0};
  *error = sized == 0 ? ENOMEM : static_cast<int>(-sized);
  if (sized == 0 && name_tables(fd, *request.origin)) {
    *error = create_origin(OriginPath().c_str(), *request.origin);
    if (*error == 0) mapping = map(fd, request.size);
    if (*error == 0 && mapping.base == nullptr) *error = ENOMEM;
  }
  arch::syscall(SYS_close, fd);
  if (mapping.base == nullptr) remove();
  return mapping;
}

// Once the tables are there another user could take the origin's name: the next try has another.
Mapping create_in(std::string_view directory, const Request& request, int* error) {
  Mapping mapping{nullptr, 0};
  *error = EEXIST;
  for (int tries = 0; tries < 8 && *error == EEXIST; tries++) {
    mapping = try_in(directory, request, error);
    if (mapping.base != nullptr) break;
  }
  return mapping;
}

bool make_nameless_origin(origin::Facts& facts) {
  const long made =
      arch::syscall(SYS_memfd_create, "profiler-origin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  nameless_origin = above_standard(static_cast<int>(made));
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  return nameless_origin >= 0 && name_tables(nameless, facts) &&
         origin::write(nameless_origin, facts) &&
         arch::syscall(SYS_fcntl, nameless_origin, F_ADD_SEALS, kSeals) == 0;
}

// A memfd, so that its mapping shows to children which process records; no other process can open
// it by name.
Mapping map_nameless(const Request& request) {
  const StandardPlaces above;
  const long made = may_have_size(request.size)
                        ? arch::syscall(SYS_memfd_create, "profiler", MFD_CLOEXEC)
                        : -EFBIG;
  nameless = above_standard(static_cast<int>(made));
  if (nameless >= 0 && arch::syscall(SYS_flock, nameless, LOCK_EX | LOCK_NB) == 0 &&
      arch::syscall(SYS_ftruncate, nameless, request.size) == 0 &&
      (!request.is_shared || make_nameless_origin(*request.origin))) {
    const Mapping mapping = map(nameless, request.size);
    if (mapping.base != nullptr) return mapping;
  }
  close_descriptors();
  return map(-1, request.size);
}

int open_again(const char* path, int flags) {
  return static_cast<int>(arch::syscall(SYS_openat, AT_FDCWD, path, flags | O_NOFOLLOW, 0));
}

}  // namespace

layout::ExecMark sweep_place(std::string_view where, int pid, uint64_t now_s, bool first_process) {
  layout::ExecMark mark{};
  if (where == "none") return mark;
  sweep({where == "auto" ? std::string_view(kSharedMemory) : where, now_s,
         static_cast<uint64_t>(pid), first_process, &mark, process::birth_ticks()});
  return mark;
}

Mapping open(const Request& request) {
  int error = 0;
  Mapping mapping{nullptr, 0};
  if (request.where == "auto") {
    char output_directory[4096];
    text::Builder(output_directory) << request.output_directory;
    if (is_good_place(kSharedMemory, request.size))
      mapping = create_in(kSharedMemory, request, &error);
    if (mapping.base == nullptr && is_good_place(output_directory, request.size)) {
      mapping = create_in(request.output_directory, request, &error);
    }
  } else if (request.where != "none") {
    look_for_written_list(request.where);
    mapping = create_in(request.where, request, &error);
    if (mapping.base == nullptr) {
      logging::Line(logging::Level::kError)
          << "PROFILER_SPOOL=" << request.where << ": no file can be made there (error " << error
          << "); a profile of this process will not outlive a kill";
    }
  }
  if (mapping.base != nullptr) return mapping;
  file_path[0] = '\0';
  mapping = map_nameless(request);
  if (!request.is_shared) close_descriptors();
  return mapping;
}

int descriptor() {
  return file_path[0] == '\0' ? nameless : open_again(file_path, O_RDWR);
}

int origin_descriptor() {
  return file_path[0] == '\0' ? nameless_origin : open_again(OriginPath().c_str(), O_RDONLY);
}

void close_descriptors() {
  if (nameless >= 0) arch::syscall(SYS_close, nameless);
  if (nameless_origin >= 0) arch::syscall(SYS_close, nameless_origin);
  nameless = nameless_origin = -1;
}

void remove() {
  if (file_path[0] == '\0') return;
  // In this order: see create_in.
  arch::syscall(SYS_unlink, file_path);
  arch::syscall(SYS_unlink, OriginPath().c_str());
  file_path[0] = '\0';
  remove_run_directory();
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

bool is_in(const char* directory) {
  if (file_path[0] == '\0') return false;
  char own[sizeof file_path];
  text::Builder(own) << text::part(file_path, 0, text::find_last(file_path, '/'));
  struct stat ours = {}, other = {};
  return arch::syscall(SYS_newfstatat, AT_FDCWD, own, &ours, 0) == 0 &&
         arch::syscall(SYS_newfstatat, AT_FDCWD, directory, &other, 0) == 0 &&
         ours.st_dev == other.st_dev && ours.st_ino == other.st_ino;
}

void forget() {
  file_path[0] = '\0';
}

}  // namespace spool
