// Facts that decide as which user, where and over what files are written for a process by another
// one (docs/decisions/0015). The host writes them at its start beside its tables, into a file that
// it never maps and closes at once. A process that drops its privileges later still maps its
// tables, but cannot write this file.
//
// A file of the same name as the tables that ends in `.origin`. Tables without a name have a sealed
// memfd instead. Readers accept an origin only if it names device and inode of the tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace origin {

constexpr char kMagic[8] = {'P', 'R', 'O', 'F', 'O', 'R', 'G', '\n'};
constexpr uint32_t kVersion = 1;  // changes with every change of Head

// Head::flags
constexpr uint32_t kFirstProcess = 1;  // of its tree: a file's name may leave out its number
constexpr uint32_t kNoNames = 2;       // PROFILER_SYMBOLIZE=none

constexpr uint32_t kMostGroups = 256;  // of more than these none is kept
constexpr uint32_t kTexts = 4;
constexpr size_t kMostTextBytes = 4 * 4096;
constexpr size_t kMostBytes = 4096 + kMostGroups * sizeof(uint32_t) + kMostTextBytes;

// The fixed part of the file. The groups follow, then the texts without a zero byte.
struct Head {
  char magic[8];
  uint32_t version;
  uint32_t flags;
  int32_t pid;
  uint32_t uid, gid;  // effective
  uint32_t group_count;
  uint64_t birth_ticks;  // field 22 of /proc/PID/stat; 0: not known
  uint64_t start_realtime_ns, start_monotonic_ns;
  uint64_t tables_device, tables_inode;
  uint32_t file_mode;  // of the files that are written, as chmod takes it
  uint32_t text_size[kTexts];
  uint32_t pad;
};
static_assert(sizeof(Head) == 96);

struct Facts {
  Head head;
  uint32_t groups[kMostGroups];
  std::string_view program_name;     // %e
  std::string_view host_name;        // %h
  std::string_view start_directory;  // resolved, so without symbolic links
  std::string_view file_template;    // %q{} is filled in, and its literal directory is resolved
};

// Fills what the kernel knows of this process: number, birth, user, groups. Context: start; forked
// child.
void read_process(Facts& facts);

// False if not all of it could be written. Context: start; forked child.
bool write(int fd, const Facts& facts);

// False for bytes that are no origin of this version. The texts lie in `bytes`.
bool read(std::string_view bytes, Facts& facts);

// What a descriptor must be before its bytes are believed: a regular file of the reader's effective
// user with mode 0600 and one name, or a sealed memfd of that user. Null, or what is wrong.
const char* check_owner(int fd);

}  // namespace origin
