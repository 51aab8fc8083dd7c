#include "env/output_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace output_directory {

namespace {

constexpr size_t kLongestComponent = 255;  // NAME_MAX

bool is_link(int at, const char* name) {
  struct stat st = {};
  return arch::syscall(SYS_newfstatat, at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(st.st_mode);
}

long open_one(int at, const char* name) {
  const long fd =
      arch::syscall(SYS_openat, at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  return fd == -ENOTDIR && is_link(at, name) ? -ELOOP : fd;
}

// The text of a template up to its first conversion, with `%%` as the percent sign that it means.
struct Literal {
  char bytes[output_name::kPathSize];
  text::Builder text{bytes};
  size_t directory_size = 0;         // of text: up to its last slash
  size_t directory_in_template = 0;  // where that slash ends in the template
  bool is_whole = true;              // no conversion follows
};

void read_literal(std::string_view name_template, Literal& literal) {
  for (size_t i = 0; i < name_template.size(); i++) {
    const char c = name_template.data()[i];
    if (c == '%') {
      const std::string_view next = text::part(name_template, i + 1, 1);
      if (next != "%") {
        literal.is_whole = false;
        return;
      }
      i++;
    }
    literal.text << c;
    if (c != '/') continue;
    literal.directory_size = literal.text.size();
    literal.directory_in_template = i + 1;
  }
}

bool is_directory(const char* path) {
  struct stat st = {};
  return arch::syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

// Where the directory really is that the first `size` bytes of `path` name. 0: it is not there, or
// it is not known where /proc is not mounted.
size_t real_path(char* path, size_t size, char (&to)[output_name::kPathSize]) {
  const char behind = path[size];
  path[size] = '\0';
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  path[size] = behind;
  if (fd < 0) return 0;
  char link[40];
  text::Builder(link) << "/proc/self/fd/" << static_cast<uint64_t>(fd);
  const long real = arch::syscall(SYS_readlinkat, AT_FDCWD, link, to, sizeof to);
  arch::syscall(SYS_close, fd);
  return real > 0 && to[0] == '/' ? static_cast<size_t>(real) : 0;
}

void put_literally(std::string_view path, text::Builder& out) {
  for (const char c : path) {
    if (c == '%') out << '%';
    out << c;
  }
}

}  // namespace

long make(int at, const char* name, unsigned file_mode) {
  const long made = arch::syscall(SYS_mkdirat, at, name, 0700);
  if (made != 0) return made;
  const long fd =
      arch::syscall(SYS_openat, at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  arch::syscall(SYS_fchmod, fd, mode_for(file_mode));  // not on every file system
  arch::syscall(SYS_close, fd);
  return 0;
}

int open(std::string_view path, size_t to_make, unsigned file_mode) {
  const size_t slash = text::find_last(path, '/');
  if (!text::starts_with(path, "/")) return -ENOENT;
  long at = open_one(AT_FDCWD, "/");
  for (size_t from = 1; from < slash && at >= 0;) {
    size_t size = text::find(text::part(path, from, slash - from), "/");
    if (size == text::kNowhere) size = slash - from;
    char bytes[kLongestComponent + 1];
    text::Builder name(bytes);
    name << text::part(path, from, size);
    from += size + 1;
    if (name.empty()) continue;
    long next = name.cut() ? -ENAMETOOLONG : open_one(static_cast<int>(at), bytes);
    if (next == -ENOENT && from <= to_make) {
      next = make(static_cast<int>(at), bytes, file_mode);
      if (next == 0 || next == -EEXIST) next = open_one(static_cast<int>(at), bytes);
    }
    arch::syscall(SYS_close, at);
    at = next;
  }
  return static_cast<int>(at);
}

std::string_view resolve(std::string_view name_template, std::string_view start_directory,
                         char (&buffer)[output_name::kPathSize]) {
  Literal literal;
  read_literal(name_template, literal);
  char path_bytes[output_name::kPathSize];
  text::Builder path(path_bytes);
  if (!text::starts_with(name_template, "/")) {
    if (!text::starts_with(start_directory, "/")) return name_template;
    path << start_directory << '/';
  }
  const size_t literal_at = path.size();
  path << literal.text.view();
  const bool is_all_directory = literal.is_whole && !path.cut() && is_directory(path_bytes);
  const size_t rest_at = is_all_directory ? name_template.size() : literal.directory_in_template;
  if (!is_all_directory) path.shorten(literal_at + literal.directory_size);
  if (rest_at == 0 || path.cut() || literal.text.cut()) return name_template;
  char real[output_name::kPathSize];
  size_t real_size = 0, size = path.size();
  while (size > 0 && (real_size = real_path(path_bytes, size, real)) == 0) {
    // What is not there yet is made later, and then without following links.
    const size_t slash = text::find_last(text::part(path.view(), 0, size - 1), '/');
    size = slash == text::kNowhere ? 0 : slash;
  }
  text::Builder out(buffer);
  put_literally({real, real_size}, out);
  put_literally(text::part(path.view(), size), out);
  const bool is_more_below = rest_at < name_template.size() || text::ends_with(name_template, "/");
  if (is_more_below && !text::ends_with(out.view(), "/")) out << '/';
  out << text::part(name_template, rest_at);
  return out.cut() ? name_template : out.view();
}

}  // namespace output_directory
