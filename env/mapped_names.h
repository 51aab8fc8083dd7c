// What a process maps, by the list that the kernel writes (/proc/PID/maps): neither a file name
// elsewhere nor an environment can forge it.
#pragma once

#include <cstddef>
#include <string_view>

namespace tree {

// Takes the list in pieces of any size.
class MappedNames {
 public:
  void take(std::string_view piece);

  // A file of tables, also a removed one, or their memfd: the process records.
  bool has_tables() const { return has_tables_; }
  // libprofiler.so, whether it records or not.
  bool has_library() const { return has_library_; }

 private:
  void line_ends();

  // The longest name of ours is `profiler-2147483647-0123456789abcdef.tables (deleted)`.
  char name_[64] = {};  // what follows the last slash of the line
  size_t size_ = 0;     // above sizeof name_: none of ours
  bool has_slash_ = false;
  bool has_tables_ = false, has_library_ = false;
};

// The list up to tables, or empty where it cannot be read: the process has ended, or is not this
// user's. Reads at most *budget bytes and takes off what it has read. Context: start.
MappedNames mapped_by(int pid, size_t* budget);

}  // namespace tree
