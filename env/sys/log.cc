#include "env/sys/log.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <asm/ioctls.h>
#include <errno.h>
#include <termios.h>

#include "env/sys/arch.h"
#include "env/sys/size_signal.h"

namespace logging {

namespace {

// Written at load only, before there is a second thread.
Level level_now = Level::kError;
bool known = false;
dev_t device;
ino_t inode;

bool identify(dev_t* dev, ino_t* ino) {
  struct stat st;
  // newfstatat with an empty path is fstat; by number, so that no newer symbol version is needed.
  if (arch::syscall(SYS_fstat, 2, &st) != 0) return false;
  *dev = st.st_dev;
  *ino = st.st_ino;
  return true;
}

}  // namespace

void remember_stderr() {
  known = identify(&device, &inode);
}

bool stderr_is_terminal() {
  char termios_bytes[256];
  return arch::syscall(SYS_ioctl, 2, TCGETS, termios_bytes) == 0;
}

void set_level(Level level) {
  level_now = level;
}

bool enabled(Level level) {
  return known && level <= level_now;
}

Line::Line(Level level) : enabled_(logging::enabled(level)), text_(bytes_) {
  text_ << "profiler: ";
}

Line::~Line() {
  if (!enabled_) return;
  dev_t dev;
  ino_t ino;
  if (!identify(&dev, &ino) || dev != device || ino != inode) return;
  // The newline takes the place of the terminating zero.
  bytes_[text_.size()] = '\n';
  SizeSignalBlock past_limit;
  const long written = arch::syscall(SYS_write, 2, bytes_, text_.size() + 1);
  past_limit.exceeded = written == -EFBIG;
}

Line& Line::operator<<(std::string_view text) {
  for (const char c : text) text_ << (static_cast<unsigned char>(c) < ' ' ? '?' : c);
  return *this;
}

Line& Line::operator<<(uint64_t number) {
  text_ << number;
  return *this;
}

Line& Line::operator<<(int number) {
  if (number < 0) text_ << '-';
  return *this << static_cast<uint64_t>(number < 0 ? -static_cast<int64_t>(number) : number);
}

}  // namespace logging
