// What a command says of the files that it made: their paths, one a line, for scripts. On stdout,
// but `run` on stderr, since stdout is its command's.
#pragma once

#include <cstdio>
#include <string>

#include "program/system/command_line.h"

namespace program {

// The option --quiet: no paths, and no lines but errors.
void add_quiet(CLI::App* app, bool* quiet);

class MadeFiles {
 public:
  // Context: after the options are parsed.
  explicit MadeFiles(bool quiet, FILE* stream = stdout);

  // Where a line in the same place names the file already (`has_line`), it is not printed twice.
  void print(const std::string& path, bool has_line) const;

 private:
  bool quiet_;
  FILE* stream_;
};

}  // namespace program
