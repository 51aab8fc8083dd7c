// The source files that profiles name, as far as they are at hand.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace program {

// Files are read once. A path comes from a profile and may be anything: only regular files of at
// most 4 MiB are read whose names end as those of source files do, and nothing is waited for.
class SourceFiles {
 public:
  // Where the recorded path is not there, its last parts are looked for below these directories,
  // most parts first: "/build/app/src/parse.cc" as "app/src/parse.cc", "src/parse.cc", "parse.cc".
  explicit SourceFiles(std::vector<std::string> directories = {})
      : directories_(std::move(directories)) {}

  // Without line ends and without control characters; nullptr if it cannot be read.
  const std::vector<std::string>* lines(const std::string& path);

  // Whether it was written after that time (nanoseconds since 1970): its lines may be others then.
  bool is_newer_than(const std::string& path, int64_t time_ns);

 private:
  struct File {
    std::vector<std::string> lines;  // empty: it was not there
    int64_t changed_ns = 0;
  };
  const File& file(const std::string& path);
  bool find(const std::string& path, std::string* text, int64_t* changed_ns) const;

  std::vector<std::string> directories_;
  std::map<std::string, File> files_;
};

}  // namespace program
