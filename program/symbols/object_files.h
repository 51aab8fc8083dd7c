// Finds the files of objects and their debug information by name: the broker's list of places.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "program/symbols/debuginfod.h"
#include "program/symbols/object_ways.h"
#include "program/system/file_source.h"

namespace program {

class ObjectFiles : public FileSource {
 public:
  struct Places {
    std::string perf_map;  // names code made at run time; empty: /tmp/perf-PID.map of each process
    std::string root;      // where the paths of objects begin; empty: this process's root
    std::vector<std::string> debug_directories = {"/usr/lib/debug"};
    std::optional<Debuginfod::Settings> debuginfod;  // none: no server is asked
    pid_t sharer = 0;                                // see ProfiledProcess
  };
  ObjectFiles() : ObjectFiles(Places()) {}
  explicit ObjectFiles(Places places);

  void declare(const ProfileProcess& process, const std::vector<std::string>& objects) override;

  // A debug file lies in the debug directory. One that lies elsewhere belongs to the owner of the
  // object or may be read by everybody: the object must not lead to a file of a third user.
  OpenedFile open(const FileRequest& request) override;

  // Here libdw opens .dwo files itself.
  void lend(const std::vector<int>& split_files) override;

 private:
  struct Object {
    struct stat status {};
    std::vector<std::string> directories;  // as it was named, then without symbolic links
    std::string real_path;
    std::string debug_file;
  };

  OpenedFile open_object(const FileRequest& request);
  OpenedFile open_way(const FileRequest& request, struct stat* status);
  OpenedFile open_from_server(const FileRequest& request);
  OpenedFile open_perf_map(const FileRequest& request) const;
  std::vector<std::string> places_of(const FileRequest& request, const Object& object) const;
  std::vector<std::string> package_places(const std::string& path, const Object& object) const;
  bool in_debug_directory(const std::string& path) const;

  Places places_;
  ObjectWays ways_;
  std::optional<Debuginfod> debuginfod_;
  std::map<std::string, Object> objects_;  // by path
};

}  // namespace program
