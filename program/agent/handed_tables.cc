#include "program/agent/handed_tables.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace program {
namespace {

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::string path_of(int descriptor) {
  char path[PATH_MAX];
  const ssize_t size =
      readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
  return {path, size > 0 ? static_cast<size_t>(size) : 0};
}

// By inode and base name: not by device, since some file systems show another one here than stat
// does, and not by directory, which may have another path in the namespace of the process.
bool maps_descriptor(int pid, int descriptor) {
  struct stat status {};
  const std::string name = base_name(path_of(descriptor));
  if (name.empty() || fstat(descriptor, &status) != 0) return false;
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  std::string line;
  while (std::getline(maps, line)) {
    if (!line.ends_with("/" + name)) continue;
    std::istringstream words(line);
    std::string range, rights, offset, device;
    uint64_t inode = 0;
    if (words >> range >> rights >> offset >> device >> inode && inode == status.st_ino) {
      return true;
    }
  }
  return false;
}

}  // namespace program
