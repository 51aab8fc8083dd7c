// The tables that a process left: hostile input, copied to memory so that no process changes or
// cuts them short below a reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "program/recovery/origin.h"
#include "tables/tables_view.h"

namespace program {

class SpoolFile {
 public:
  enum class Found {
    kLeft,       // a dead process's, to be made files of
    kInUse,      // its process runs, or another process is recovering it
    kNoUse,      // its process wrote its files itself, or had not begun
    kForeign,    // no tables, or not this user's, or a link: not ours to touch
    kUnreadable  // damaged, of another version, too large
  };

  SpoolFile() = default;
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // What stands under that name. *problem says why it is no kLeft, without the path. From here on
  // the file is locked: a second recover finds it in use.
  Found open(const std::string& path, std::string* problem);

  // After kLeft: the origin beside it. False, and why, if there is none that this user may believe.
  bool has_origin(std::string* problem) const;
  const Origin& origin() const { return origin_; }
  // The files go into this directory, whatever the origin says.
  void redirect(const std::string& directory) { origin_.redirect(directory); }

  // After kLeft.
  const encoder::TablesView& view() const { return view_; }
  // A text of the header, empty if there is none.
  std::string text(layout::Ref ref) const;
  // CLOCK_REALTIME of the file's last change. Stores through the mapping change it on disks, not on
  // tmpfs.
  uint64_t changed_ns() const { return changed_ns_; }

  // The file is shorter than what its process had written.
  bool is_cut_short() const { return cut_short_; }

  // After kLeft or kNoUse: the name and the origin go, if it is still the file's.
  bool remove() const;

 private:
  Found read(uint64_t file_size, std::string* problem);
  bool copy(uint64_t size, std::string* problem);

  std::string path_;
  int fd_ = -1;
  uint64_t device_ = 0, inode_ = 0, changed_ns_ = 0;
  void* bytes_ = nullptr;
  uint64_t mapped_ = 0;
  bool cut_short_ = false;
  encoder::TablesView view_;
  Origin origin_;
  std::string origin_problem_;
  bool has_origin_ = false;
};

}  // namespace program
