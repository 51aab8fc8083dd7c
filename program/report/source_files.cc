#include "program/report/source_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string_view>

#include "program/system/console.h"

namespace program {
namespace {

constexpr off_t kMostBytes = off_t{4} << 20;

bool read_all(int fd, std::string* text, int64_t* changed_ns) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > kMostBytes) {
    return false;
  }
  *changed_ns = status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
  text->resize(static_cast<size_t>(status.st_size));
  size_t size = 0;
  while (size < text->size()) {
    const ssize_t n = read(fd, text->data() + size, text->size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    size += static_cast<size_t>(n);
  }
  text->resize(size);
  return true;
}

// A profile that names /etc/shadow must not put it into a page that others read.
bool is_source_name(const std::string& path) {
  static constexpr std::string_view kEnds[] = {
      ".c",   ".cc",  ".cpp",   ".cxx", ".c++", ".C",    ".h",   ".hh",  ".hpp", ".hxx", ".h++",
      ".in",  ".inc", ".inl",   ".ipp", ".tcc", ".S",    ".s",   ".asm", ".rs",  ".go",  ".py",
      ".pyx", ".d",   ".zig",   ".nim", ".f",   ".F",    ".f90", ".m",   ".mm",  ".cu",  ".y",
      ".l",   ".def", ".swift", ".hs",  ".ml",  ".java", ".js",  ".ts"};
  return std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](std::string_view end) { return path.ends_with(end); });
}

bool read_file(const std::string& path, std::string* text, int64_t* changed_ns) {
  // A link's own name says nothing of what it leads to.
  char resolved[PATH_MAX];
  if (!is_source_name(path) || realpath(path.c_str(), resolved) == nullptr) return false;
  if (!is_source_name(resolved)) return false;
  const int fd = open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;
  const bool is_read = read_all(fd, text, changed_ns);
  close(fd);
  return is_read;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    for (size_t at = 0; (at = line.find('\t', at)) != std::string::npos;) {
      line.replace(at, 1, std::string(8 - at % 8, ' '));
    }
    lines.push_back(printable(line));
  }
  return lines;
}

}  // namespace

bool SourceFiles::find(const std::string& path, std::string* text, int64_t* changed_ns) const {
  if (path.starts_with('/') && read_file(path, text, changed_ns)) return true;
  for (const std::string& directory : directories_) {
    for (size_t at = path.starts_with('/') ? 1 : 0; at != std::string::npos;) {
      // Nothing above the directory is its own.
      const std::string part = path.substr(at);
      const bool is_below = part.find("..") == std::string::npos;
      if (is_below && read_file(directory + "/" + part, text, changed_ns)) return true;
      at = path.find('/', at);
      if (at != std::string::npos) at++;
    }
  }
  return false;
}

const SourceFiles::File& SourceFiles::file(const std::string& path) {
  const auto [at, is_new] = files_.try_emplace(path);
  std::string text;
  if (is_new && find(path, &text, &at->second.changed_ns)) at->second.lines = lines_of(text);
  return at->second;
}

const std::vector<std::string>* SourceFiles::lines(const std::string& path) {
  const File& found = file(path);
  return found.lines.empty() ? nullptr : &found.lines;
}

bool SourceFiles::is_newer_than(const std::string& path, int64_t time_ns) {
  return time_ns > 0 && file(path).changed_ns > time_ns;
}

}  // namespace program
