#include "program/report/shown_type.h"

#include "program/profiles/figures.h"
#include "program/profiles/profile_file.h"
#include "program/report/trace_file.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"

namespace program {
namespace {

std::string fault_of_file(const std::string& path, ProfileFile* file) {
  std::string bytes, error;
  if (!file->read_bytes(path, &bytes, &error)) return error;
  if (is_trace(bytes)) return "it is a trace; `profiler report` shows it";
  return file->parse(bytes, &error) ? "" : error;
}

}  // namespace

bool each_profile(const std::vector<std::string>& files, ShownType* shown,
                  const std::function<void(const Profile& profile, int type)>& visit) {
  for (const std::string& path : files) {
    ProfileFile file;
    set_current_file(path, "nothing is shown");
    const std::string fault = fault_of_file(path, &file);
    if (!fault.empty()) {
      say(Level::kError, path + ": " + fault);
      return false;
    }
    const Profile& profile = file.profile();
    const int type = type_index(profile, shown->type);
    if (type < 0) {
      say(Level::kError,
          path + ": it has no sample type " +
              (shown->type.empty() ? "at all" : shown->type + ", but " + type_names(profile)));
      return false;
    }
    shown->type = text_of(profile, profile.sample_type(type).type());
    shown->unit = text_of(profile, profile.sample_type(type).unit());
    shown->mode = mode_of(profile);
    const int64_t begin_ns = profile.time_nanos();
    if (begin_ns > 0 && (shown->begin_ns == 0 || begin_ns < shown->begin_ns)) {
      shown->begin_ns = begin_ns;
    }
    visit(profile, type);
  }
  return true;
}

}  // namespace program
