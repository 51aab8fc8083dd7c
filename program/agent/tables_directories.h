// The directories in which tables of a tree appear, watched: every user may put files there, so
// names alone cost little, and what is looked at is bounded.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace program {

struct TablesName {
  std::string path;
  int pid;
};

class TablesDirectories {
 public:
  TablesDirectories();
  ~TablesDirectories();
  TablesDirectories(const TablesDirectories&) = delete;
  TablesDirectories& operator=(const TablesDirectories&) = delete;

  void add(const std::string& directory);
  int descriptor() const {
    return watch_;
  }  // readable when a name is new; -1: new names are not notified

  // The names that have come since it was asked last.
  std::vector<TablesName> take_new();
  // All names, for those that were not notified: not more often than at a small part of the time.
  bool is_scan_due(uint64_t now_ns) const { return now_ns >= next_scan_ns_; }
  uint64_t next_scan_ns() const { return next_scan_ns_; }
  void ask_for_scan() { next_scan_ns_ = 0; }
  std::vector<TablesName> scan();

 private:
  int watch_;
  std::map<int, std::string> directories_;  // by the number of the watch; negative: without one
  uint64_t next_scan_ns_ = 0;
};

// A regular file of this user, asked without opening it.
bool is_own_regular_file(const std::string& path);

}  // namespace program
