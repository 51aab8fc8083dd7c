// Tables that are there but not filled in yet. Their process does that within some milliseconds,
// unless it is held up: by a debugger, by a busy machine. Each file is looked at after growing
// pauses, so that files that are never filled in cost nothing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "program/agent/tables_directories.h"

namespace program {

class LateTables {
 public:
  // It was looked at and is not filled in. False: it is not waited for any longer.
  bool wait_for(const TablesName& name, uint64_t now_ns);
  void forget(const std::string& path) { files_.erase(path); }
  void keep_only(const std::set<std::string>& paths);

  bool is_waited_for(const std::string& path) const { return files_.contains(path); }
  bool empty() const { return files_.empty(); }
  std::vector<TablesName> due(uint64_t now_ns) const;
  // When the next one is due; UINT64_MAX: none.
  uint64_t next_ns() const;

 private:
  struct File {
    int pid;
    uint64_t since_ns, pause_ns, next_ns;
  };
  std::map<std::string, File> files_;
};

}  // namespace program
