#include "program/system/file_mode.h"

#include <cstdlib>

#include "env/sys/text.h"
#include "env/values.h"

namespace program {

mode_t file_mode_of(std::string_view given) {
  options::Value mode;
  char bytes[64];
  text::Builder problem(bytes);
  const bool is_good =
      read_value(options::octal("0", "777"), given, mode, problem) == options::Verdict::kGood;
  return is_good ? static_cast<mode_t>(mode.number) : 0600;
}

mode_t file_mode() {
  const char* given = getenv("PROFILER_FILE_MODE");
  return file_mode_of(given == nullptr ? "" : given);
}

}  // namespace program
