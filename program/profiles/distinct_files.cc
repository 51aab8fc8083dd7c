#include "program/profiles/distinct_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "program/profiles/figures.h"
#include "program/profiles/merged_comments.h"
#include "program/profiles/profile_file.h"
#include "program/profiles/sampling_error.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"

namespace program {
namespace {

// One recording: the times that it holds, and where the loader put what every process has.
struct Window {
  size_t file = 0;
  int64_t begin_ns = 0, end_ns = 0;
  uint64_t program_start = 0, libc_start = 0;  // 0: not known
  bool is_difference = false;                  // in-use values too are what changed in this time
};

using Windows = std::vector<Window>;

bool holds(const Window& outer, const Window& inner) {
  return outer.begin_ns <= inner.begin_ns && inner.end_ns <= outer.end_ns;
}

// Containers have the same numbers and often one host name.
bool are_of_one_process(const Window& a, const Window& b) {
  const auto agree = [](uint64_t x, uint64_t y) { return x == y || x == 0 || y == 0; };
  return agree(a.program_start, b.program_start) && agree(a.libc_start, b.libc_start);
}

// Empty if the profile is of several processes or does not say of which.
std::string recording_of(const Profile& profile) {
  const ProfileOrigin origin = origin_of(profile);
  if (origin.pid == 0 || profile.time_nanos() <= 0) return "";
  std::string text = std::to_string(origin.pid) + '\n' + type_names(profile);
  for (const char* fact : {"start", "host", "command"}) text += '\n' + comment_of(profile, fact);
  return text + '\n' + mode_of(profile);
}

Window window_of(const Profile& profile, size_t file) {
  Window window{file, profile.time_nanos(), end_of(profile)};
  for (const auto& mapping : profile.mapping()) {
    const std::string& path = text_of(profile, mapping.filename());
    if (window.program_start == 0) window.program_start = mapping.memory_start();
    const bool is_libc = path.substr(path.rfind('/') + 1).starts_with("libc.so");
    if (is_libc && window.libc_start == 0) window.libc_start = mapping.memory_start();
  }
  window.is_difference = comment_of(profile, "values") == kDifference;
  return window;
}

// Of windows of one recording those that no other one holds; of equal ones the first.
Windows outermost(Windows windows) {
  std::stable_sort(windows.begin(), windows.end(), [](const Window& a, const Window& b) {
    return a.begin_ns != b.begin_ns ? a.begin_ns < b.begin_ns : a.end_ns > b.end_ns;
  });
  Windows kept;
  for (const Window& window : windows) {
    const bool is_held = std::any_of(kept.begin(), kept.end(), [&](const Window& outer) {
      return holds(outer, window) && are_of_one_process(outer, window);
    });
    if (!is_held) kept.push_back(window);
  }
  return kept;
}

bool has_later_state(const Windows& kept, const Window& window) {
  return std::any_of(kept.begin(), kept.end(), [&](const Window& other) {
    return !other.is_difference && other.end_ns > window.end_ns &&
           are_of_one_process(other, window);
  });
}

// A file that `profiler merge` made, and the numbers of the processes in it.
struct Merged {
  std::string mode, host;
  std::set<int64_t> pids;
  Window window;
};

std::optional<Merged> merged_of(const Profile& profile, size_t file) {
  if (comment_of(profile, "merged").empty()) return std::nullopt;
  Merged merged{mode_of(profile), comment_of(profile, "host"), {}, window_of(profile, file)};
  for (const int64_t comment : profile.comment()) {
    const std::string& line = text_of(profile, comment);
    if (!line.starts_with("# process ")) continue;
    const std::string name = line.substr(0, line.find(": "));
    merged.pids.insert(atoll(name.substr(name.rfind(' ') + 1).c_str()));
  }
  return merged;
}

// Whether a merge holds this part of it too.
bool is_part(const std::vector<Merged>& all, const Profile& profile, const Window& window) {
  const int64_t pid = origin_of(profile).pid;
  return pid != 0 && std::any_of(all.begin(), all.end(), [&](const Merged& merged) {
           return merged.pids.contains(pid) && merged.mode == mode_of(profile) &&
                  (merged.host.empty() || merged.host == comment_of(profile, "host")) &&
                  holds(merged.window, window);
         });
}

// What the files say of themselves, read one after another.
class Look {
 public:
  explicit Look(size_t count) : is_left_out_(count, false) {}

  void add(const std::string& path, size_t file) {
    struct stat status {};
    const bool is_file = stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
    is_left_out_[file] = is_file && !seen_.insert({status.st_dev, status.st_ino}).second;
    ProfileFile profile;
    std::string error;
    if (is_left_out_[file] || !profile.read(path, &error)) return;
    if (auto merged = merged_of(profile.profile(), file)) {
      merged_.push_back(std::move(*merged));
      return;
    }
    const std::string recording = recording_of(profile.profile());
    if (recording.empty()) return;
    const Window window = window_of(profile.profile(), file);
    recordings_[recording].push_back(window);
    facts_.push_back({profile.profile(), window});
  }

  std::vector<DistinctFile> distinct(const std::vector<std::string>& paths);

 private:
  // Without samples and stacks.
  struct Facts {
    Facts(const Profile& whole, const Window& its) : window(its) {
      for (const int64_t comment : whole.comment()) {
        profile.add_comment(profile.string_table_size());
        profile.add_string_table(text_of(whole, comment));
      }
    }
    Profile profile;
    Window window;
  };

  std::vector<bool> is_left_out_;
  std::set<std::pair<dev_t, ino_t>> seen_;
  std::map<std::string, Windows> recordings_;
  std::vector<Merged> merged_;
  std::vector<Facts> facts_;
};

std::vector<DistinctFile> Look::distinct(const std::vector<std::string>& paths) {
  std::vector<DistinctFile> files;
  for (const std::string& path : paths) files.push_back({path});
  for (const auto& [recording, windows] : recordings_) {
    for (const Window& window : windows) is_left_out_[window.file] = true;
    const Windows kept = outermost(windows);
    for (const Window& window : kept) {
      is_left_out_[window.file] = false;
      files[window.file].is_last = window.is_difference || !has_later_state(kept, window);
    }
  }
  for (const Facts& facts : facts_) {
    if (is_part(merged_, facts.profile, facts.window)) is_left_out_[facts.window.file] = true;
  }
  std::vector<DistinctFile> left;
  for (size_t i = 0; i < files.size(); i++) {
    if (!is_left_out_[i]) left.push_back(files[i]);
  }
  return left;
}

}  // namespace

std::vector<DistinctFile> distinct_files(const std::vector<std::string>& paths, const char* loss) {
  if (paths.size() == 1) return {{paths[0]}};
  Look look(paths.size());
  for (size_t i = 0; i < paths.size(); i++) {
    set_current_file(paths[i], loss);
    look.add(paths[i], i);
  }
  std::vector<DistinctFile> distinct = look.distinct(paths);
  const size_t held = paths.size() - distinct.size();
  if (held > 0) {
    say(Level::kInfo, std::to_string(held) + (held == 1 ? " file is" : " files are") +
                          " left out: what it has is in another one too");
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
