#include "encoder/program/made_files.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "encoder/program/console.h"

namespace program {

void add_quiet(CLI::App* app, bool* quiet) {
  app->add_flag("--quiet", *quiet, "Print no paths of files, and no lines but errors");
}

MadeFiles::MadeFiles(bool quiet) : quiet_(quiet) {
  if (quiet) set_level(std::min(level(), Level::kError));
}

void MadeFiles::print(const std::string& path, bool has_line) const {
  const bool is_shown = has_line && says(Level::kInfo) && isatty(STDOUT_FILENO) != 0;
  if (quiet_ || is_shown) return;
  printf("%s\n", path.c_str());
  fflush(stdout);
}

}  // namespace program
