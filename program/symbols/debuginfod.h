// Executables and debug files from debuginfod servers, by build id, and the cache that their own
// client keeps. For the broker of `profiler symbolize` alone: no exit of a profiled program asks a
// server.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "program/system/file_source.h"

namespace program {

class Debuginfod {
 public:
  struct Settings {
    std::vector<std::string> servers;
    std::string cache;                        // a directory
    double seconds = 90;                      // for one file of one server
    uint64_t most_bytes = uint64_t{2} << 30;  // of one file
  };
  // By the variables of the standard client: DEBUGINFOD_URLS, _CACHE_PATH, _MAXSIZE, _MAXTIME. None
  // if no server is named, or the cache has no directory.
  static std::optional<Settings> from_environment();

  explicit Debuginfod(Settings settings) : settings_(std::move(settings)) {}

  // `kind`: "executable" or "debuginfo". The file has this build id. `seconds`: the longest time
  // for the answer.
  OpenedFile open(const std::string& build_id, const std::string& kind, double seconds);

 private:
  int open_cached(const std::string& path, const std::string& build_id) const;
  bool fetch(const std::string& server, const std::string& build_id, const std::string& kind,
             double seconds, std::string* problem);
  void remove_old_files() const;

  Settings settings_;
  std::set<std::string> silent_servers_;        // did not answer: not asked again
  std::map<std::string, std::string> refused_;  // why there is none, by build id and kind
};

}  // namespace program
