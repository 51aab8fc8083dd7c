#include "program/system/made_files.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "program/system/console.h"

namespace program {

void add_quiet(CLI::App* app, bool* quiet) {
  app->add_flag("--quiet", *quiet, "Print no paths of files, and no lines but errors");
}

MadeFiles::MadeFiles(bool quiet, FILE* stream) : quiet_(quiet), stream_(stream) {
  if (quiet) set_level(std::min(level(), Level::kError));
}

void MadeFiles::print(const std::string& path, bool has_line) const {
  const bool is_seen = stream_ == stderr || isatty(fileno(stream_)) != 0;
  if (quiet_ || (has_line && says(Level::kInfo) && is_seen)) return;
  fprintf(stream_, "%s\n", path.c_str());
  fflush(stream_);
}

}  // namespace program
