#include "program/profiles/merge_files.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <new>

#include "program/profiles/distinct_files.h"
#include "program/profiles/profile_file.h"
#include "program/profiles/profile_merger.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

constexpr const char* kLoss = "nothing is merged";

using Clock = std::chrono::steady_clock;

void show_turn(size_t index, size_t count, Clock::time_point start) {
  if (Clock::now() - start < std::chrono::seconds(1)) return;
  show_progress("merging " + std::to_string(index + 1) + " of " + std::to_string(count));
}

bool add_file(const DistinctFile& part, ProfileMerger* merger) {
  const auto& [path, is_last] = part;
  set_current_file(path, kLoss);
  std::string error;
  ProfileFile file;
  bool is_good = file.read(path, &error);
  if (is_good && !is_last) drop_state(&file.profile());
  is_good = is_good && merger->add(file.profile(), &error);
  if (is_good) return true;
  say(Level::kError, path + ": " + error);
  return false;
}

bool write_merged(ProfileMerger* merger, const std::string& output, mode_t permissions,
                  int64_t* samples) {
  set_current_file(output, kLoss);
  std::string error;
  const Uninterrupted until_renamed;
  const Profile& merged = merger->finish();
  *samples = sample_count(merged);
  if (write_profile(merged, output, permissions, &error)) return true;
  say(Level::kError, output + ": " + error);
  return false;
}

void tell(const std::string& output, int64_t samples, size_t processes) {
  say(Level::kInfo, output + ": " + std::to_string(samples) + " samples of " +
                        std::to_string(processes) + (processes == 1 ? " profile" : " profiles") +
                        "; go tool pprof -tagroot=program,pid -http=: " + output);
}

struct ModeFiles {
  std::vector<std::string> files;
  std::string first;
  int64_t first_ns = INT64_MAX;
};

// The readable files of each mode, in the order of their list.
std::map<std::string, ModeFiles> by_mode(const std::vector<std::string>& files) {
  std::map<std::string, ModeFiles> modes;
  for (const std::string& path : files) {
    set_current_file(path, kLoss);
    ProfileFile file;
    std::string error;
    if (!file.read(path, &error)) continue;  // has been said when its names were put in
    ModeFiles& mode = modes[origin_of(file.profile()).mode];
    mode.files.push_back(path);
    if (file.profile().time_nanos() < mode.first_ns) {
      mode.first_ns = file.profile().time_nanos();
      mode.first = path;
    }
  }
  return modes;
}

void merge_mode(const ModeFiles& mode, mode_t permissions) {
  ProfileMerger merger;
  std::vector<std::string> merged;
  const std::vector<DistinctFile> parts = distinct_files(mode.files, kLoss);
  for (const DistinctFile& part : parts) {
    if (add_file(part, &merger)) merged.push_back(part.path);
  }
  const size_t count = merged.size();
  int64_t samples = 0;
  if (merged.empty() || !write_merged(&merger, mode.first, permissions, &samples)) return;
  // What was left out is in the merge only if each part is.
  if (count == parts.size()) merged = mode.files;
  for (const std::string& path : merged) {
    if (path != mode.first) unlink(path.c_str());
  }
  tell(mode.first, samples, count);
}

[[noreturn]] void work(const std::vector<std::string>& files, mode_t permissions) {
  for (const int signal_number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) signal(signal_number, SIG_DFL);
  confine();
  try {
    for (const auto& [name, mode] : by_mode(files)) merge_mode(mode, permissions);
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; not all is merged");
  }
  _exit(0);
}

}  // namespace

int merge_files(const std::vector<std::string>& files, const std::string& output, mode_t mode) {
  const auto start = Clock::now();
  ProfileMerger merger;
  bool all = true;
  const std::vector<DistinctFile> parts = distinct_files(files, kLoss);
  for (size_t i = 0; i < parts.size(); i++) {
    show_turn(i, parts.size(), start);
    all = add_file(parts[i], &merger) && all;
  }
  show_progress("");
  if (!all) return kUsageOrUnreadable;
  int64_t samples = 0;
  if (!write_merged(&merger, output, mode, &samples)) return kCheckFailed;
  tell(output, samples, merger.count());
  return kDone;
}

void merge_tree(const std::vector<std::string>& files, mode_t mode) {
  if (files.empty()) return;
  const pid_t worker = fork();
  if (worker == 0) work(files, mode);
  int status = 0;
  while (worker > 0 && waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
  if (worker < 0 || WIFSIGNALED(status)) {
    say(Level::kError, "stopped before all was merged; profiler merge -o OUT FILE... does it");
  }
}

}  // namespace program
