// profiler recover [FILE or DIRECTORY...]: the profiles of programs that were killed, made of the
// tables that they left.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "program/recovery/recovery.h"
#include "program/recovery/spool_search.h"
#include "program/run/run_directory.h"
#include "program/run/run_profiles.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/made_files.h"
#include "program/system/subcommand.h"
#include "tables/spool_name.h"

namespace program {
namespace {

struct Work {
  std::string output;  // empty: where the programs would have written
  std::vector<std::string> to_name, to_keep;
  size_t found = 0;
  int status = kDone;
  bool interrupted = false;

  void worst(int other) { status = std::max(status, other); }
};

void recover_all(const std::vector<std::string>& spools, bool named, Work* work) {
  if (work->interrupted) return;
  RecoveryOptions options;
  options.named = named;
  options.output = work->output;
  const Recovery done = recover_spools(spools, options);
  work->to_name.insert(work->to_name.end(), done.to_name.begin(), done.to_name.end());
  work->to_keep.insert(work->to_keep.end(), done.to_keep.begin(), done.to_keep.end());
  work->found += done.recovered + done.failed + done.unreadable;
  work->interrupted = done.interrupted;
  if (done.failed > 0 || (named && done.running > 0)) work->worst(kCheckFailed);
  if (done.unreadable > 0) work->worst(named ? kUsageOrUnreadable : kCheckFailed);
}

// What a run that was killed would have done: its killed processes' files, and names for all.
void finish_run(const std::string& path, bool named, Work* work) {
  RunDirectory directory;
  if (!directory.adopt(path)) {
    if (!named) return;
    say(Level::kError, path +
                           ": left alone: its profiler run is still running, or it is no such "
                           "directory of this user");
    return work->worst(kCheckFailed);
  }
  recover_all(directory.spools(), false, work);
  const std::vector<std::string> written = directory.written();
  work->to_name.insert(work->to_name.end(), written.begin(), written.end());
  work->found += written.size();
  if (directory.spools().empty()) {
    directory.remove();
  } else if (work->interrupted || work->status != kDone) {
    directory.keep();
  } else {
    directory.leave_to_tree();
  }
}

void look_at(const std::string& argument, Places* files, Places* places, Work* work) {
  struct stat status {};
  if (lstat(argument.c_str(), &status) != 0) {
    say(Level::kError, argument + ": " + strerror(errno));
    return work->worst(kUsageOrUnreadable);
  }
  uint64_t pid = 0;
  const std::string name = argument.substr(argument.rfind('/') + 1);
  // A shell's profiler-PID-* has these beside the tables that they belong to.
  if (spool::read_name(name, &pid, spool::kOriginEnd)) return;
  if (!S_ISDIR(status.st_mode)) {
    files->spools.push_back(argument);
  } else if (!look_in(argument, places)) {
    say(Level::kError, argument + ": the directory cannot be read");
    work->worst(kUsageOrUnreadable);
  }
}

}  // namespace

int recover(int argc, char** argv) {
  CLI::App app(
      "Makes the profiles of programs that were killed, where the programs would have written\n"
      "them, puts names in, and removes the tables they were made of. Without an argument: of all\n"
      "dead processes of this user, in /dev/shm, the directory that PROFILER_SPOOL names, the "
      "current\n"
      "directory and those of temporary files. Tables of a process that runs are left alone.");
  std::vector<std::string> arguments;
  app.add_option("FILE", arguments,
                 "profiler-PID-*.tables, a directory of them, or a directory profiler-run-*");
  std::string output;
  bool quiet = false;
  app.add_option("--output", output,
                 "Write the files into this directory, not where the programs would have: their "
                 "directory may "
                 "be gone")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIRECTORY");
  add_quiet(&app, &quiet);
  if (const auto ended = parse(&app, argc, argv)) return *ended;

  const MadeFiles made(quiet);
  Work work;
  if (!output.empty()) work.output = std::filesystem::canonical(output).string();
  Places files;
  Places places;
  for (const std::string& argument : arguments) look_at(argument, &files, &places, &work);
  if (arguments.empty()) {
    for (const std::string& directory : usual_directories()) look_in(directory, &places);
  }
  recover_all(files.spools, true, &work);
  recover_all(places.spools, false, &work);
  for (const std::string& directory : places.run_directories) {
    const bool named = std::find(arguments.begin(), arguments.end(), directory) != arguments.end();
    if (!work.interrupted) finish_run(directory, named, &work);
  }
  finish_profiles(work.to_name, true);
  finish_profiles(work.to_keep, false);
  for (const auto* files_made : {&work.to_name, &work.to_keep}) {
    for (const std::string& path : *files_made) made.print(path, true);
  }
  if (work.found == 0 && work.status == kDone && !quiet) {
    say(Level::kError, "nothing was left to recover");
  }
  return work.status;
}

}  // namespace program
