#include "program/agent/target/target_stderr.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace program {
namespace {

// As open takes them; O_RDONLY where they cannot be read.
int flags_in(const std::string& facts) {
  std::ifstream file(facts);
  for (std::string word; file >> word;) {
    unsigned flags = 0;
    if (word == "flags:" && file >> std::oct >> flags) return static_cast<int>(flags);
  }
  return O_RDONLY;
}

// Opened anew with our rights, a descriptor for reading would become one for writing.
bool is_written_through(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

}  // namespace

TargetStderr::TargetStderr(int pid, Level level)
    : path_("/proc/" + std::to_string(pid) + "/fd/2"),
      facts_("/proc/" + std::to_string(pid) + "/fdinfo/2"),
      level_(level) {
  struct stat status {};
  if (!is_written_through(flags_in(facts_)) || stat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

bool TargetStderr::is_it(const struct stat& status) const {
  return inode_ != 0 && status.st_dev == device_ && status.st_ino == inode_;
}

void TargetStderr::say(Level level, const std::string& line) const {
  struct stat status {};
  if (level > level_ || stat(path_.c_str(), &status) != 0 || !is_it(status)) return;
  const int flags = flags_in(facts_);
  if (!is_written_through(flags) || (S_ISREG(status.st_mode) && (flags & O_APPEND) == 0)) return;
  if (S_ISSOCK(status.st_mode)) return;
  const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  // The program may have put another file there meanwhile, one that it could not write to itself.
  if (fstat(fd, &status) != 0 || !is_it(status)) {
    close(fd);
    return;
  }
  std::string text = "profiler: " + line;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  text += '\n';
  const ssize_t unused = write(fd, text.data(), text.size());
  (void)unused;
  close(fd);
}

}  // namespace program
