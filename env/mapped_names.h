// What a process maps, by the list that the kernel writes (/proc/PID/maps): neither a file name
// elsewhere nor an environment can forge it.
#pragma once

#include <cstddef>
#include <string_view>

namespace tree {

constexpr size_t kPathSize = 4096;

// Takes the list in pieces of any size, up to the first tables.
class MappedNames {
 public:
  void take(std::string_view piece);

  // A file of tables, also a removed one, or their memfd: the process records.
  bool has_tables() const { return has_tables_; }
  // Where the file of tables is or was; empty for the memfd.
  std::string_view tables_directory() const { return {path_, directory_size_}; }
  // libprofiler.so, whether it records or not.
  bool has_library() const { return has_library_; }

 private:
  void line_ends();

  char path_[kPathSize];  // from the first slash of the line on
  size_t size_ = 0;       // above sizeof path_: none of ours
  size_t directory_size_ = 0;
  bool has_tables_ = false, has_library_ = false;
};

// The list up to tables, or empty where it cannot be read: the process has ended, or is not this
// user's. Reads at most *budget bytes and takes off what it has read. Context: start.
MappedNames mapped_by(int pid, size_t* budget);

}  // namespace tree
