// The ways to the file of an object, in the order in which they are tried (decision 16, point 4):
// its path, then what the living process still has of it.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "program/symbols/profiled_process.h"
#include "program/system/file_source.h"

namespace program {

class ObjectWays {
 public:
  // `root`: the directory in which the paths of objects begin, and links end; empty: this
  // process's. `sharer`: see ProfiledProcess.
  ObjectWays(std::string root, pid_t sharer) : root_(std::move(root)), process_(sharer) {}

  void declare(const ProfileProcess& process) { process_.become(process.pid, process.seen_ns); }

  // The way of the request's number. An object with a build id is recognized by the caller. Of one
  // without, a file is refused that the living process has not mapped under the object's path.
  OpenedFile open(const FileRequest& request, struct stat* status);

 private:
  struct Way {
    enum Kind { kPath, kBelow, kLink, kMemory } kind = kPath;
    std::string path;
    std::string below;  // kBelow: the directory
    std::string note;
    const MappedFile* mapped = nullptr;
  };
  std::vector<Way> ways_to(const FileRequest& request);
  void add_process_ways(const FileRequest& request, std::vector<Way>* ways);
  bool is_mapped_as(const MappedFile& file, const FileRequest& request) const;
  std::string why_not(const FileRequest& request, const Way& way, const struct stat& status);

  std::string root_;
  ProfiledProcess process_;
};

// What stands for bytes that are not UTF-8 in a profile's path, `\xe9`, as the bytes; as they are
// if nothing does.
std::string raw_path(const std::string& path);

}  // namespace program
