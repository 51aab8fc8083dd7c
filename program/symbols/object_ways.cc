#include "program/symbols/object_ways.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "program/symbols/memory_image.h"
#include "program/system/checked_open.h"

namespace program {
namespace {

constexpr const char* kGone = "the file was removed or replaced while it ran; ";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// As if the directory were the root: neither ".." nor a link leads out of it.
int open_below(const std::string& directory, const std::string& path, struct stat* status,
               std::string* problem) {
  const int root = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const long place = root < 0 ? -1 : syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  const int error = errno;
  if (root >= 0) close(root);
  if (place < 0 && root >= 0 && error == ENOSYS) {  // before Linux 5.6
    return open_elf_file(directory + path, status, problem);
  }
  if (place < 0) {
    *problem = strerror(error);
    return -1;
  }
  const int fd = open_elf_file("/proc/self/fd/" + std::to_string(place), status, problem);
  close(static_cast<int>(place));
  return fd;
}

std::string part_name(const MappedFile::Part& part) {
  char name[40];
  snprintf(name, sizeof name, "%lx-%lx", part.start, part.end);
  return name;
}

}  // namespace

std::string raw_path(const std::string& path) {
  std::string raw;
  for (size_t i = 0; i < path.size(); i++) {
    const bool may_be = path.compare(i, 2, "\\x") == 0 && i + 3 < path.size();
    const int high = may_be ? hex_digit(path[i + 2]) : -1;
    const int low = may_be ? hex_digit(path[i + 3]) : -1;
    if (high >= 8 && low >= 0) {
      raw += static_cast<char>(high * 16 + low);
      i += 3;
    } else {
      raw += path[i];
    }
  }
  return raw;
}

bool ObjectWays::is_mapped_as(const MappedFile& file, const FileRequest& request) const {
  if (file.is_from(request.object) || file.is_from(raw_path(request.object))) return true;
  return process_.is_same_image() && request.address != 0 && file.holds(request.address);
}

void ObjectWays::add_process_ways(const FileRequest& request, std::vector<Way>* ways) {
  if (!process_.is_there()) return;
  const std::string directory = process_.directory();
  if (process_.has_other_root()) {
    ways->push_back({Way::kBelow, raw_path(request.object), directory + "/root", "", nullptr});
  }
  const std::string gone = kGone;
  std::vector<const MappedFile*> files;
  for (const MappedFile& file : process_.files()) {
    const bool is_there = request.address != 0 && file.holds(request.address);
    if (is_there || is_mapped_as(file, request)) files.push_back(&file);
  }
  ways->push_back(
      {Way::kLink, directory + "/exe", "", gone + "it was read through /proc/PID/exe", nullptr});
  for (const MappedFile* file : files) {
    ways->push_back({Way::kPath, file->listed, "", "the file is now " + file->listed, file});
    ways->push_back({Way::kLink, directory + "/map_files/" + part_name(file->parts[0]), "",
                     gone + "it was read through /proc/PID/map_files", file});
  }
  for (const MappedFile* file : files) {
    ways->push_back({Way::kMemory, file->listed, "",
                     gone + "only dynamic symbols and .eh_frame were left, in the process's memory",
                     file});
  }
}

std::vector<ObjectWays::Way> ObjectWays::ways_to(const FileRequest& request) {
  std::vector<Way> ways;
  const std::string raw = raw_path(request.object);
  const auto kind = root_.empty() ? Way::kPath : Way::kBelow;
  ways.push_back({kind, request.object, root_, "", nullptr});
  if (raw != request.object) ways.push_back({kind, raw, root_, "", nullptr});
  add_process_ways(request, &ways);
  return ways;
}

// The device is compared only together with the number: of some file systems (btrfs, overlays) the
// list names another device than stat does.
std::string ObjectWays::why_not(const FileRequest& request, const Way& way,
                                const struct stat& status) {
  if (!request.name.empty()) return "";
  if (way.kind == Way::kMemory) return "";
  bool was_removed = false, is_known = false;
  for (const MappedFile& file : process_.files()) {
    if (!is_mapped_as(file, request)) continue;
    is_known = true;
    if (file.inode == status.st_ino) return "";
    was_removed |= file.listed != request.object && file.listed != raw_path(request.object);
  }
  const bool is_by_path = way.kind == Way::kPath || way.kind == Way::kBelow;
  if (is_by_path && way.mapped == nullptr && (!was_removed || !is_known)) return "";
  return "the file is another than the one that ran";
}

OpenedFile ObjectWays::open(const FileRequest& request, struct stat* status) {
  OpenedFile opened;
  opened.problem = "not found";
  const std::vector<Way> ways = ways_to(request);
  const auto number = static_cast<size_t>(request.number);
  if (request.number < 0 || number >= ways.size()) return opened;
  const Way& way = ways[number];
  opened.more = number + 1 < ways.size();
  opened.path = way.path;
  opened.note = way.note;
  opened.problem.clear();
  switch (way.kind) {
    case Way::kPath:
    case Way::kLink:
      opened.fd = open_elf_file(way.path, status, &opened.problem);
      break;
    case Way::kBelow:
      opened.fd = open_below(way.below, way.path, status, &opened.problem);
      break;
    case Way::kMemory:
      opened.is_partial = true;
      opened.fd = memory_image(process_.pid(), *way.mapped);
      if (opened.fd < 0 || fstat(opened.fd, status) != 0)
        opened.problem = "the memory of the process cannot be read";
      break;
  }
  if (opened.problem.empty()) opened.problem = why_not(request, way, *status);
  if (!opened.problem.empty() && opened.fd >= 0) {
    close(opened.fd);
    opened.fd = -1;
  }
  return opened;
}

}  // namespace program
