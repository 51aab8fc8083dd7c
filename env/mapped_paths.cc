#include "env/mapped_paths.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace mapped_paths {

namespace {

bool take_hexadecimal(std::string_view& rest, uint64_t& number) {
  number = 0;
  size_t digits = 0;
  for (; digits < rest.size(); digits++) {
    const char c = rest[digits];
    const bool is_letter = c >= 'a' && c <= 'f';
    if (!text::is_digit(c) && !is_letter) break;
    number = number * 16 + static_cast<uint64_t>(is_letter ? c - 'a' + 10 : c - '0');
  }
  rest = text::part(rest, digits);
  return digits > 0;
}

// "START-END RIGHTS OFFSET DEVICE INODE PATH"; false for a line without a path.
bool read_line(std::string_view rest, Line& line) {
  if (!take_hexadecimal(rest, line.start) || rest.empty()) return false;
  rest = text::part(rest, 1);
  if (!take_hexadecimal(rest, line.end) || rest.size() < 5) return false;
  line.is_code = rest[3] == 'x';
  const size_t slash = text::find(rest, "/");
  if (slash == text::kNowhere) return false;
  line.path = text::part(rest, slash);
  return true;
}

size_t copy_path(std::string_view path, char* to, size_t room) {
  size_t size = 0;
  for (size_t i = 0; i < path.size() && size < room; i++) {
    const bool is_line_end = text::starts_with(text::part(path, i), "\\012");
    to[size++] = is_line_end ? '\n' : path[i];
    if (is_line_end) i += 3;
  }
  return size;
}

}  // namespace

size_t find(bool (*is_wanted)(const Line& line, uint64_t argument), uint64_t argument, char* to,
            size_t room) {
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  char bytes[1024], text[kPathSize + 256];
  size_t length = 0, found = 0;
  for (long n = 1; n > 0 && found == 0;) {
    n = arch::syscall(SYS_read, fd, bytes, sizeof bytes);
    for (long i = 0; i < n && found == 0; i++) {
      if (bytes[i] != '\n') {
        if (length < sizeof text) text[length++] = bytes[i];
        continue;
      }
      Line line;
      const bool is_line = read_line({text, length}, line) && is_wanted(line, argument);
      if (is_line) found = copy_path(line.path, to, room);
      length = 0;
    }
  }
  arch::syscall(SYS_close, fd);
  return found;
}

}  // namespace mapped_paths
