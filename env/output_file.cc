#include "env/output_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "env/output_claim.h"
#include "env/output_directory.h"
#include "env/sys/arch.h"
#include "env/sys/descriptor_room.h"
#include "env/sys/size_signal.h"
#include "env/sys/text.h"

namespace output_file {

namespace {

constexpr unsigned kMostAlternatives = 999;

long stat_at(int directory, const char* path, struct stat* st) {
  return arch::syscall(SYS_newfstatat, directory, path, st, 0);
}

// Unguessable where the kernel gives random bytes; without them (early boot, a sandbox) still new,
// and O_EXCL keeps a planted file from being used.
uint64_t random_number() {
  uint64_t number = 0;
  if (arch::syscall(SYS_getrandom, &number, sizeof number, GRND_NONBLOCK) == sizeof number) {
    return number;
  }
  struct timespec now = {};
  arch::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  number = static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
  number ^= static_cast<uint64_t>(arch::syscall(SYS_getpid)) << 40;
  return (number ^ reinterpret_cast<uintptr_t>(&number)) * 0x9e3779b97f4a7c15ULL;
}

// Final names whose replacement would break more than a file.
Error check_target(int directory, const char* path, std::string_view whole_path) {
  const size_t slash = text::find_last(whole_path, '/');
  if (text::starts_with(whole_path, "/dev/") && slash == 4) {
    return {"/dev is no place for a profile", 0};
  }
  struct stat st = {};
  if (stat_at(directory, path, &st) != 0) return {};
  if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return {};
  return {"the output is a device, pipe or socket, not a file", 0};
}

}  // namespace

Error make_directory(std::string_view path, unsigned file_mode) {
  char bytes[output_name::kPathSize];
  text::Builder directory(bytes);
  long result = 0;
  while (!path.empty()) {
    size_t end = text::find(text::part(path, 1), "/");
    if (end == text::kNowhere) end = path.size() - 1;
    directory << text::part(path, 0, end + 1);
    if (directory.cut()) return {"cannot make the output directory", ENAMETOOLONG};
    const long made = output_directory::make(AT_FDCWD, bytes, file_mode);
    if (made != -EEXIST && result == 0) result = made;
    path = text::part(path, end + 1);
  }
  // An error on the way does not count if the directory is there in the end.
  struct stat st = {};
  if (stat_at(AT_FDCWD, bytes, &st) == 0) {
    if (S_ISDIR(st.st_mode)) return {};
    result = -ENOTDIR;
  }
  return {"cannot make the output directory", static_cast<int>(-result)};
}

Error OutputFile::fail(const char* what, long result) {
  if (!error_) error_ = {what, static_cast<int>(-result)};
  return error_;
}

Error OutputFile::begin(const output_name::Name& name) {
  abandon();
  error_ = {};
  if (name.error != nullptr) return error_ = {name.error, 0};
  text::Builder path(path_bytes_);
  path << name.path;
  name_ = name;
  name_.path = path_ = path.view();
  return error_;
}

Error OutputFile::open(const output_name::Name& name, unsigned file_mode) {
  directory_ = AT_FDCWD;
  if (begin(name)) return error_;
  if (name.directory_to_make > 0) {
    error_ = make_directory(text::part(path_, 0, name.directory_to_make), file_mode);
    if (error_) return error_;
  }
  return make_temporary(file_mode);
}

Error OutputFile::open_in(int directory, const output_name::Name& name, unsigned file_mode) {
  directory_ = directory;
  return begin(name) ? error_ : make_temporary(file_mode);
}

// What names the file from directory_ on.
std::string_view OutputFile::in_directory(std::string_view path) const {
  const size_t slash = text::find_last(path, '/');
  return directory_ == AT_FDCWD || slash == text::kNowhere ? path : text::part(path, slash + 1);
}

Error OutputFile::make_temporary(unsigned file_mode) {
  error_ = check_target(directory_, in_directory(path_).data(), path_);
  if (error_) return error_;
  const std::string_view place = in_directory(path_);
  const size_t slash = text::find_last(place, '/');
  const StandardPlaces taken;
  long fd = -EEXIST;
  for (unsigned attempts = 0; attempts < 100 && (fd == -EEXIST || fd == -EINTR); attempts++) {
    text::Builder temporary(temporary_);
    temporary << text::part(place, 0, slash == text::kNowhere ? 0 : slash + 1) << ".profiler-";
    for (uint64_t number = random_number(), i = 0; i < 16; i++, number >>= 4) {
      temporary << "0123456789abcdef"[number & 15];
    }
    if (temporary.cut()) return fail("cannot make a temporary file", -ENAMETOOLONG);
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    fd = arch::syscall(SYS_openat, directory_, temporary_, flags, 0600);
  }
  if (fd < 0) return fail("cannot make a temporary file", fd);
  temporary_exists_ = true;
  fd_ = static_cast<int>(fd);
  struct stat st = {};
  const long known = arch::syscall(SYS_fstat, fd, &st);
  device_ = st.st_dev;
  inode_ = st.st_ino;
  arch::syscall(SYS_fchmod, fd, file_mode);  // fails where a file system keeps no permissions
  fd_ = above_standard(fd_);
  if (fd_ >= 0 && known == 0) return {};
  const long result = fd_ < 0 ? fd_ : known;
  if (fd_ >= 0) arch::syscall(SYS_close, fd_);
  fd_ = -1;
  abandon();
  return fail("cannot make a temporary file", result);
}

bool OutputFile::still_ours() const {
  struct stat st = {};
  return fd_ >= 0 && arch::syscall(SYS_fstat, fd_, &st) == 0 && st.st_dev == device_ &&
         st.st_ino == inode_;
}

Error OutputFile::write(const void* bytes, size_t size_bytes) {
  const char* next = static_cast<const char*>(bytes);
  SizeSignalBlock block;
  while (size_bytes > 0 && !error_) {
    if (!still_ours()) return fail("cannot write", -EBADF);
    const long written = arch::syscall(SYS_write, fd_, next, size_bytes);
    if (written == -EINTR) continue;
    if (written == -EFBIG) block.exceeded = true;
    if (written <= 0) return fail("cannot write", written == 0 ? -EIO : written);
    next += written;
    size_bytes -= static_cast<size_t>(written);
  }
  return error_;
}

Error OutputFile::commit(uint64_t start_realtime_ns) {
  if (!error_ && !still_ours()) fail("cannot write", -EBADF);
  close();
  for (unsigned k = 1; !error_ && temporary_exists_; k++) {
    char other[output_name::kPathSize];
    const output_name::Name name = k == 1 ? name_ : output_name::alternative(name_, k, other);
    if (name.error != nullptr) {
      error_ = {name.error, 0};
      break;
    }
    const long result = output_claim::take_name(directory_, temporary_,
                                                in_directory(name.path).data(), start_realtime_ns);
    if (result == 0) {
      temporary_exists_ = false;
      if (k > 1) memcpy(path_bytes_, other, name.path.size() + 1);
      path_ = {path_bytes_, name.path.size()};
    } else if (result != -EEXIST || k == kMostAlternatives) {
      fail("cannot rename the temporary file", result);
    }
  }
  const Error result = error_;
  abandon();
  return result;
}

// Some file systems (NFS, quotas) tell of a full disk only here.
void OutputFile::close() {
  if (still_ours()) {
    const long result = arch::syscall(SYS_close, fd_);
    if (result < 0 && result != -EINTR) fail("cannot write", result);
  }
  fd_ = -1;
}

void OutputFile::abandon() {
  close();
  if (temporary_exists_) arch::syscall(SYS_unlinkat, directory_, temporary_, 0);
  temporary_exists_ = false;
}

}  // namespace output_file
