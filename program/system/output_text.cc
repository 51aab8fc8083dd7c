#include "program/system/output_text.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "program/system/console.h"
#include "program/system/file_mode.h"
#include "program/system/whole_file.h"

namespace program {
namespace {

bool are_same(const std::string& a, const std::string& b) {
  struct stat one {
  }, other{};
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

}  // namespace

bool write_output(const std::string& path, const std::string& text,
                  const std::vector<std::string>& inputs) {
  // What cannot be written main() says, for all that goes to stdout.
  if (path == "-") return fwrite(text.data(), 1, text.size(), stdout) == text.size();
  std::string error;
  const bool is_input = std::any_of(inputs.begin(), inputs.end(),
                                    [&](const auto& input) { return are_same(path, input); });
  if (is_input) error = "it is one of the files to read; give another name to -o";
  if (!is_input && write_whole_file(path, text, file_mode(), nullptr, &error)) return true;
  say(Level::kError, path + ": " + error);
  return false;
}

}  // namespace program
