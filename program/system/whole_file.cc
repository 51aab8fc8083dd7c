#include "program/system/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace program {
namespace {

std::string system_error(const char* what) {
  return std::string(what) + ": " + strerror(errno);
}

bool write_all(int fd, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t n = write(fd, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += static_cast<size_t>(n);
  }
  return true;
}

bool is_unchanged(const std::string& path, const struct stat& before) {
  struct stat now {};
  return lstat(path.c_str(), &now) == 0 && now.st_dev == before.st_dev &&
         now.st_ino == before.st_ino && now.st_size == before.st_size &&
         now.st_mtim.tv_sec == before.st_mtim.tv_sec &&
         now.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
}

// A link is not followed, for others may have put it there; nor replaced, for it may be
// /dev/stdout.
const char* fault_of_place(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return nullptr;
  return S_ISLNK(status.st_mode) ? "it is a link; name the file that it leads to"
                                 : "it is not a regular file";
}

// Closes the descriptor.
bool fill(int fd, const std::string& bytes, mode_t mode, const struct stat* before,
          std::string* error) {
  if (before != nullptr && fchown(fd, before->st_uid, before->st_gid) != 0) {
    // Not ours to give away: the new file is the caller's, as after any editor.
  }
  if (fchmod(fd, mode) != 0) {
    *error = system_error("cannot set the mode");
  } else if (!write_all(fd, bytes)) {
    *error = system_error("cannot write");
  }
  if (close(fd) != 0 && error->empty()) *error = system_error("cannot write");
  return error->empty();
}

}  // namespace

bool write_whole_file(const std::string& path, const std::string& bytes, mode_t mode,
                      const struct stat* before, std::string* error) {
  error->clear();
  if (const char* fault = fault_of_place(path)) {
    *error = fault;
    return false;
  }
  std::string temporary = path.substr(0, path.rfind('/') + 1) + ".profiler-XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) {
    *error = system_error("cannot write into its directory");
    return false;
  }
  if (fill(fd, bytes, mode, before, error)) {
    if (before != nullptr && !is_unchanged(path, *before)) {
      *error = "it changed while it was read";
    } else if (rename(temporary.c_str(), path.c_str()) != 0) {
      *error = system_error("cannot replace it");
    }
  }
  if (!error->empty()) unlink(temporary.c_str());
  return error->empty();
}

}  // namespace program
