#include "program/report/shown_type.h"

#include <utility>

#include "program/profiles/distinct_files.h"
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

std::string words_of(const ShownType& shown) {
  return shown.type + " (" + shown.unit + ") of mode " + shown.mode;
}

}  // namespace

bool each_profile(const std::vector<std::string>& files, ShownType* shown,
                  const std::function<void(const Profile& profile, int type)>& visit) {
  bool is_first = true;
  for (const auto& [path, is_last] : distinct_files(files, "nothing is shown")) {
    ProfileFile file;
    set_current_file(path, "nothing is shown");
    const std::string fault = fault_of_file(path, &file);
    if (!fault.empty()) {
      say(Level::kError, path + ": " + fault);
      return false;
    }
    if (!is_last) drop_state(&file.profile());
    const Profile& profile = file.profile();
    const int type = type_index(profile, shown->type);
    if (type < 0) {
      say(Level::kError,
          path + ": it has no sample type " +
              (shown->type.empty() ? "at all" : shown->type + ", but " + type_names(profile)));
      return false;
    }
    ShownType its;
    its.type = text_of(profile, profile.sample_type(type).type());
    its.unit = text_of(profile, profile.sample_type(type).unit());
    its.mode = mode_of(profile);
    if (!std::exchange(is_first, false) && (its.unit != shown->unit || its.mode != shown->mode)) {
      say(Level::kError, path + ": " + words_of(its) + " cannot be added to " + words_of(*shown) +
                             " of the files before it");
      return false;
    }
    shown->type = its.type, shown->unit = its.unit, shown->mode = its.mode;
    const int64_t begin_ns = profile.time_nanos();
    if (begin_ns > 0 && (shown->begin_ns == 0 || begin_ns < shown->begin_ns)) {
      shown->begin_ns = begin_ns;
    }
    visit(profile, type);
  }
  return true;
}

}  // namespace program
