// profiler run [OPTIONS] -- COMMAND: the preload and its variables, a word about programs that
// cannot be preloaded, and names for the whole tree at once when it has ended.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "program/profiles/merge_files.h"
#include "program/recovery/recovery.h"
#include "program/run/launchers.h"
#include "program/run/preload_check.h"
#include "program/run/preload_environment.h"
#include "program/run/rescue.h"
#include "program/run/run_directory.h"
#include "program/run/run_limits.h"
#include "program/run/run_options.h"
#include "program/run/run_profiles.h"
#include "program/run/tree_processes.h"
#include "program/system/child_process.h"
#include "program/system/clock.h"
#include "program/system/console.h"
#include "program/system/file_mode.h"
#include "program/system/made_files.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

// As env and timeout have them.
constexpr int kOurFailure = 125, kCannotExecute = 126, kNotFound = 127;

// A user who types `profiler run app` wants something recorded: without a
// mode it is cpu, as with perf record. PROFILER_HTTP alone asks for a server with nothing armed.
void set_variables(Environment* environment) {
  const bool is_asked = environment->has("PROFILER_MODE") || environment->has("PROFILER_HTTP");
  if (!is_asked) environment->set("PROFILER_MODE", "cpu");
  std::error_code error;
  const std::string here = std::filesystem::current_path(error);
  const std::string output = output_from(here, environment->get("PROFILER_OUTPUT"));
  if (!output.empty()) environment->set("PROFILER_OUTPUT", output);
}

// False, and why in *error, if the loader could not be is_asked of the library.
bool set_preload(const PreloadCheck& check, Environment* environment, std::string* error) {
  const std::string library = find_library();
  if (library.empty()) {
    *error = "run: no libprofiler.so beside this program or in the lib directory next to it";
    return false;
  }
  if (library.find_first_of(" :") != std::string::npos) {
    *error = "run: " + library + ": LD_PRELOAD cannot name a path with a blank or a colon";
    return false;
  }
  environment->set("LD_PRELOAD",
                   preload_list(environment->get("LD_PRELOAD"), library, check.sanitizer));
  return true;
}

std::string processes(size_t count) {
  return std::to_string(count) + (count == 1 ? " process" : " processes");
}

// The tree was killed with its first process, and the last of it may not be quite dead yet.
Recovery recover_tree(const RunDirectory& directory, unsigned patience_ms) {
  RecoveryOptions options;
  options.end_monotonic_ns = monotonic_ns();
  options.counts = true;
  Recovery all = recover_spools(directory.spools(), options);
  for (unsigned waited = 0; waited < patience_ms && all.running > 0; waited += 20) {
    if (all.interrupted || all.failed + all.unreadable > 0) break;
    usleep(20000);
    Recovery more = recover_spools(directory.spools(), options);
    all.to_name.insert(all.to_name.end(), more.to_name.begin(), more.to_name.end());
    all.to_keep.insert(all.to_keep.end(), more.to_keep.begin(), more.to_keep.end());
    all.running = more.running;
    all.failed = more.failed;
    all.unreadable = more.unreadable;
  }
  return all;
}

// What cannot be done now is left for `profiler recover`, what still runs for itself.
void part_with(RunDirectory& directory, const Recovery& recovered) {
  const size_t left = directory.spools().size();
  if (recovered.interrupted || recovered.failed + recovered.unreadable > 0) {
    say(Level::kError, processes(left) +
                           " left without a profile; once the reason is gone: profiler recover " +
                           directory.path());
    directory.keep();
  } else if (recovered.running > 0) {
    say(Level::kError,
        processes(recovered.running) +
            (recovered.running == 1 ? " is still running and writes its profiles"
                                    : " are still running and write their profiles") +
            " at the end");
    directory.leave_to_tree();
  }
}

// Those that are still there: merging leaves one file a mode.
void print(const std::vector<std::string>& files, const MadeFiles& made) {
  for (const std::string& path : std::set<std::string>(files.begin(), files.end())) {
    if (access(path.c_str(), F_OK) == 0) made.print(path, true);
  }
}

// Why the files are not those of the whole tree; empty if they are.
std::string gap_in(const RunDirectory& directory, const Recovery& recovered) {
  if (recovered.running > 0) return "a part of the tree still runs";
  if (recovered.interrupted || recovered.failed + recovered.unreadable > 0) {
    return "not all profiles could be made";
  }
  if (directory.lacks_a_process()) return "a process could not write its profile";
  const int pid = left_in_tree(directory.path());
  return pid == 0 ? "" : "process " + std::to_string(pid) + " of the tree still runs";
}

// The status of judge_limits(); what is there may exceed a limit, but not hold it for what is not.
int judge(const RunLimits& limits, const std::vector<std::string>& files,
          const RunDirectory& directory, const Recovery& recovered) {
  const int judged = judge_limits(limits, files);
  if (judged == kCheckFailed || !(limits.is_complete || !limits.all.empty())) return judged;
  const std::string gap = gap_in(directory, recovered);
  if (gap.empty()) return judged;
  say(Level::kError, "run: " + gap + (limits.all.empty() ? "" : ": no limit is said to hold"));
  return kUsageOrUnreadable;
}

// The status of judge().
int finish(RunDirectory& directory, const Environment& environment, bool merge,
           unsigned patience_ms, const MadeFiles* made, const RunLimits& limits) {
  const Recovery recovered = recover_tree(directory, patience_ms);
  std::vector<std::string> files = directory.written();
  files.insert(files.end(), recovered.to_name.begin(), recovered.to_name.end());
  finish_profiles(files, environment.get("PROFILER_SYMBOLIZE") != "none", !merge);
  finish_profiles(recovered.to_keep, false, !merge);
  files.insert(files.end(), recovered.to_keep.begin(), recovered.to_keep.end());
  const int judged = judge(limits, files, directory, recovered);
  if (merge) merge_tree(files, file_mode_of(environment.get("PROFILER_FILE_MODE")));
  if (made != nullptr) print(files, *made);
  part_with(directory, recovered);
  return judged;
}

// This process was killed, and mostly its tree with it. Its lock goes a moment after its pipe.
void finish_after_kill(const std::string& path, const Environment& environment, bool merge) {
  RunDirectory directory;
  for (int tries = 0; tries < 50 && !directory.adopt(path); tries++) usleep(10000);
  if (directory.path().empty()) return;
  finish(directory, environment, merge, 2000, nullptr, {});
  directory.remove();
}

}  // namespace

int run(int argc, char** argv) {
  int status = 0;
  const auto options = parse_run_options(argc, argv, &status);
  if (!options) return status;
  RunLimits limits{{}, options->forms, options->is_complete};
  Environment environment;
  for (const auto& [name, value] : options->variables) environment.set(name, value);
  if (!parse_limits("run", options->limits, &limits.all) ||
      !set_modes_of(limits.all, &environment)) {
    return kUsageOrUnreadable;
  }
  set_variables(&environment);
  // This process writes merged files and names the tree.
  setenv("PROFILER_FILE_MODE", environment.get("PROFILER_FILE_MODE").c_str(), 1);
  setenv("PROFILER_CACHE", environment.get("PROFILER_CACHE").c_str(), 1);
  const std::string log = environment.get("PROFILER_LOG");
  set_level(level_of(log.c_str()));
  const MadeFiles made(options->quiet || level() == Level::kQuiet, stderr);

  const Caller caller = this_caller();
  const std::string loaded = program_behind_loader(options->command);
  const std::string file = loaded.empty() ? find_in_path(options->command[0], caller.path) : loaded;
  const PreloadCheck check = check_preload(file, caller);
  std::string problem;
  RunDirectory directory;
  bool meets = false;
  if (!check.loader_refuses) {
    if (!set_preload(check, &environment, &problem)) {
      say(Level::kError, problem);
      return kOurFailure;
    }
    meets = directory.make(environment.get("PROFILER_SPOOL"));
    if (meets) environment.set("PROFILER_SPOOL", directory.path());
  }
  if (!check.obstacle.empty()) say(Level::kError, check.obstacle);

  std::optional<Rescue> rescue;
  if (meets) {
    rescue.emplace([&] { finish_after_kill(directory.path(), environment, options->merge); });
  }
  int wait_status = 0;
  int error = 0;
  if (!run_and_wait(options->command, environment.pointers(), &wait_status, &error)) {
    say(Level::kError, "run: cannot start " + options->command[0] + ": " + strerror(error));
    return error == ENOENT ? kNotFound : kCannotExecute;
  }
  int judged = kDone;
  if (meets) judged = finish(directory, environment, options->merge, 100, &made, limits);
  if (!meets && (limits.is_complete || !limits.all.empty())) {
    const char* why =
        check.loader_refuses
            ? "run: the command was not profiled"
            : "run: without a directory for its tables the tree's files are not known";
    say(Level::kError, why + std::string(limits.all.empty() ? "" : ": no limit is judged"));
    judged = kUsageOrUnreadable;
  }
  directory.remove();
  rescue.reset();
  const int ended = end_like(wait_status);
  if (ended != 0 || judged == kDone) return ended;
  return judged == kCheckFailed ? kCheckFailed : kOurFailure;
}

}  // namespace program
