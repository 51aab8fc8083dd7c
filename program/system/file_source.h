// Where the reader of ELF files gets its descriptors. It opens nothing itself: it may run without
// the right to open files, and what it asks for may come from a hostile file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace program {

enum class FileKind : uint32_t {
  kObject,      // a file of the profile; `name` is its build id in hexadecimal, or empty
  kByBuildId,   // its debug file; `name` is the build id in hexadecimal
  kByLink,      // its debug file; `name` is what .gnu_debuglink says
  kAlternate,   // the dwz file of the last debug file; `name` is what .gnu_debugaltlink says
  kFromServer,  // a debug or dwz file from a debuginfod server; `name` is its build id
  kSplit,       // a .dwo file, or an object file with it inside, by its path
  kPackage,     // the .dwp file of the object; `name` is not used
  kMemory,      // an empty file in memory, `number` bytes long, to be filled; no object
  kPerfMap,     // `name` is the process id, `number` when the process began; the object is not used
};

struct FileRequest {
  FileKind kind = FileKind::kObject;
  std::string object;  // path of the object that the file belongs to
  std::string name;
  int64_t number = 0;    // all but kPerfMap: which of the places to look at, from 0
  uint64_t address = 0;  // kObject: where the process has mapped it; 0: not known
  double seconds = 60;   // how long the answer may take; the broker sets it
};

struct OpenedFile {
  int fd = -1;  // of a regular file, read-only; the caller closes it
  std::string path;
  std::string problem;      // why there is none
  bool more = false;        // there is another place with the next number
  std::string note;         // how it was found, where the profile is to say so
  bool is_partial = false;  // it has the object's code, but not all that names it
};

// The only process that a profile is of.
struct ProfileProcess {
  int64_t pid = 0;      // 0: not known, or there are several
  int64_t seen_ns = 0;  // Unix time at which it was there
};

// A file of the cache of names.
struct RecalledFile {
  bool are_kept = false;    // there is a cache, though it may have nothing of the object
  bool is_settled = false;  // the object is not of a build that just ended
  int fd = -1;              // read-only; the caller closes it
  std::string index;        // a cache::Index
  uint64_t offset = 0;      // where its pieces begin
};

class FileSource {
 public:
  FileSource() = default;
  virtual ~FileSource() = default;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  // The process and the objects of the profile that comes next.
  virtual void declare(const ProfileProcess& process, const std::vector<std::string>& objects) = 0;
  virtual OpenedFile open(const FileRequest& request) = 0;
  // What libdw gets, one after the other, when it opens .dwo files from now on: it takes their
  // names alone, from the debug information. Takes the descriptors.
  virtual void lend(const std::vector<int>& split_files) = 0;

  // What was kept of the object earlier (kept_answers.h). Context: after the object was opened.
  virtual RecalledFile recall(const std::string&, const std::string&) { return {}; }
  // Adds answers: a cache::Added.
  virtual void keep(const std::string&, const std::string&, const std::string&) {}
};

}  // namespace program
