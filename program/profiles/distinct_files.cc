#include "program/profiles/distinct_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "program/profiles/figures.h"
#include "program/profiles/merged_comments.h"
#include "program/profiles/profile_file.h"
#include "program/profiles/sampling_error.h"
#include "program/sandbox/confinement.h"

namespace program {
namespace {

struct Window {
  size_t file;
  int64_t begin_ns, end_ns;
};

bool holds(const Window& outer, const Window& inner) {
  return outer.begin_ns <= inner.begin_ns && inner.end_ns <= outer.end_ns;
}

// Empty if the profile is of several processes or does not say of which.
std::string recording_of(const Profile& profile) {
  const ProfileOrigin origin = origin_of(profile);
  if (origin.pid == 0 || profile.time_nanos() <= 0) return "";
  return std::to_string(origin.pid) + '\n' + comment_of(profile, "start") + '\n' +
         comment_of(profile, "host") + '\n' + mode_of(profile) + '\n' + type_names(profile);
}

Window window_of(const Profile& profile, size_t file) {
  return {file, profile.time_nanos(), end_of(profile)};
}

// Of windows of one recording those that no other one holds; of equal ones the first.
std::vector<Window> outermost(std::vector<Window> windows) {
  std::stable_sort(windows.begin(), windows.end(), [](const Window& a, const Window& b) {
    return a.begin_ns != b.begin_ns ? a.begin_ns < b.begin_ns : a.end_ns > b.end_ns;
  });
  // Sorted so, a window lies within an earlier one if and only if it ends before one of them does.
  std::vector<Window> kept;
  for (const Window& window : windows) {
    if (kept.empty() || !holds(kept.back(), window)) kept.push_back(window);
  }
  return kept;
}

}  // namespace

std::vector<DistinctFile> distinct_files(const std::vector<std::string>& paths, const char* loss) {
  if (paths.size() == 1) return {{paths[0]}};
  std::map<std::string, std::vector<Window>> recordings;
  std::set<std::pair<dev_t, ino_t>> seen;
  std::vector<DistinctFile> files;
  std::vector<bool> is_left_out(paths.size());
  for (size_t i = 0; i < paths.size(); i++) {
    files.push_back({paths[i]});
    struct stat status {};
    if (stat(paths[i].c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      is_left_out[i] = !seen.insert({status.st_dev, status.st_ino}).second;
    }
    ProfileFile file;
    std::string error;
    set_current_file(paths[i], loss);
    if (is_left_out[i] || !file.read(paths[i], &error)) continue;
    const std::string recording = recording_of(file.profile());
    if (!recording.empty()) recordings[recording].push_back(window_of(file.profile(), i));
  }
  for (const auto& [recording, windows] : recordings) {
    for (const Window& window : windows) is_left_out[window.file] = true;
    const std::vector<Window> kept = outermost(windows);
    for (const Window& window : kept) {
      is_left_out[window.file] = false;
      files[window.file].is_last = window.file == kept.back().file;
    }
  }
  std::vector<DistinctFile> distinct;
  for (size_t i = 0; i < files.size(); i++) {
    if (!is_left_out[i]) distinct.push_back(files[i]);
  }
  return distinct;
}

void drop_state(Profile* profile) {
  const std::string mode = mode_of(*profile);
  for (int i = 0; i < profile->sample_type_size(); i++) {
    const std::string type = text_of(*profile, profile->sample_type(i).type());
    if (!type.starts_with("inuse_") && mode != "fd" && mode != "threads") continue;
    for (pprof::Sample& sample : *profile->mutable_sample()) sample.set_value(i, 0);
  }
}

}  // namespace program
