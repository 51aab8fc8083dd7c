#include "program/system/mapped_files.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <sstream>

namespace program {
namespace {

// The kernel escapes the line's end alone.
std::string without_escapes(std::string path) {
  constexpr std::string_view kLineEnd = "\\012";
  for (size_t at = 0; (at = path.find(kLineEnd, at)) != std::string::npos; at++) {
    path.replace(at, kLineEnd.size(), 1, '\n');
  }
  return path;
}

}  // namespace

bool MappedFile::holds(uint64_t address) const {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const Part& part) { return part.start <= address && address < part.end; });
}

std::vector<MappedFile> mapped_files(const std::string& list) {
  std::vector<MappedFile> files;
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);) {
    MappedFile::Part part{};
    char rights[5] = "";
    unsigned major_number = 0, minor_number = 0;
    uint64_t inode = 0;
    int path_at = 0;
    const int found = sscanf(
        line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &part.start,
        &part.end, rights, &part.offset, &major_number, &minor_number, &inode, &path_at);
    if (found < 7 || inode == 0 || path_at == 0) continue;
    const std::string path = without_escapes(line.substr(static_cast<size_t>(path_at)));
    if (path.empty() || path[0] != '/') continue;
    part.is_writable = rights[1] == 'w';
    const dev_t device = makedev(major_number, minor_number);
    // The segments of one loading lie in the order of their offsets.
    const bool begins = files.empty() || files.back().inode != inode ||
                        files.back().device != device ||
                        files.back().parts.back().offset > part.offset;
    if (begins) files.push_back({path, device, inode, {}});
    files.back().parts.push_back(part);
  }
  return files;
}

}  // namespace program
