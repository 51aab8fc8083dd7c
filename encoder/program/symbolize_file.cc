#include "encoder/program/symbolize_file.h"

#include <new>

#include "encoder/program/confinement.h"
#include "encoder/program/console.h"
#include "encoder/program/profile_file.h"
#include "encoder/program/subcommand.h"
#include "encoder/program/trace_file.h"
#include "encoder/program/trace_names.h"

namespace program {
namespace {

int symbolize_trace(const std::string& path, const ProfileFile& file, std::string* bytes,
                    Symbolizer* symbolizer, int64_t* samples) {
  const TraceContent content = content_of(*bytes);
  *samples = content.events;
  const std::string names = symbolizer == nullptr ? "" : names_for_trace(content, symbolizer);
  if (names.empty()) return kDone;
  *bytes += names;
  std::string error;
  const Uninterrupted until_renamed;
  if (file.replace_bytes(*bytes, &error)) return kDone;
  say(Level::kError, path + ": " + error + "; it keeps its addresses");
  return kCheckFailed;
}

}  // namespace

int symbolize_file(const std::string& path, Symbolizer* symbolizer, int64_t* samples) {
  set_current_file(path);
  std::string error;
  try {
    ProfileFile file;
    std::string bytes;
    const bool is_read = file.read_bytes(path, &bytes, &error);
    const bool is_of_trace = is_read && is_trace(bytes);
    if (!is_read || (!is_of_trace && !file.parse(bytes, &error))) {
      say(Level::kError, path + ": " + error);
      return kUsageOrUnreadable;
    }
    if (is_of_trace) return symbolize_trace(path, file, &bytes, symbolizer, samples);
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
