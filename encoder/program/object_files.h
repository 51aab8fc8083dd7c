// Finds the files of objects and their debug information by name: the broker's list of places.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

#include "encoder/program/file_source.h"

namespace program {

class ObjectFiles : public FileSource {
 public:
  // `perf_map` names code made at run time; empty: /tmp/perf-PID.map of each process.
  explicit ObjectFiles(std::string perf_map = "", std::string debug_folder = "/usr/lib/debug");

  void declare(const std::vector<std::string>&) override {}

  // A debug file lies in the debug folder. One that lies elsewhere belongs to the owner of the
  // object or may be read by everybody: the object must not lead to a file of a third user.
  OpenedFile open(const FileRequest& request) override;

  // Here libdw opens .dwo files itself.
  void lend(const std::vector<int>& split_files) override;

 private:
  struct Object {
    struct stat status {};
    std::vector<std::string> folders;  // as it was named, then without symbolic links
    std::string real_path;
    std::string debug_file;
  };

  OpenedFile open_object(const std::string& path);
  OpenedFile open_perf_map(const FileRequest& request) const;
  std::vector<std::string> places(const FileRequest& request, const Object& object) const;
  std::vector<std::string> package_places(const std::string& path, const Object& object) const;
  bool in_debug_folder(const std::string& path) const;

  std::string perf_map_;
  std::string debug_folder_;
  std::map<std::string, Object> objects_;  // by path
};

}  // namespace program
