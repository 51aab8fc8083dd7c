#include "encoder/program/symbolize_file.h"

#include <new>

#include "encoder/program/confinement.h"
#include "encoder/program/console.h"
#include "encoder/program/profile_file.h"
#include "encoder/program/subcommand.h"

namespace program {

int symbolize_file(const std::string& path, Symbolizer* symbolizer, int64_t* samples) {
  set_current_file(path);
  std::string error;
  try {
    ProfileFile file;
    if (!file.read(path, &error)) {
      say(Level::kError, path + ": " + error);
      return kUsageOrUnreadable;
    }
    *samples = sample_count(file.profile());
    if (symbolizer == nullptr || !symbolizer->add_names(&file.profile())) return kDone;
    const Uninterrupted until_renamed;
    if (file.replace(&error)) return kDone;
    say(Level::kError, path + ": " + error + "; it keeps its addresses");
  } catch (const std::bad_alloc&) {
    say(Level::kError, path + ": out of memory; it keeps its addresses");
  }
  return kCheckFailed;
}

}  // namespace program
