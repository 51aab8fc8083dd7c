// profiler symbolize FILE...: puts names, files, lines and inlined frames into profiles that have
// addresses only. Also started by the library when the host ends: directory /, no environment.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "program/sandbox/confinement.h"
#include "program/symbols/object_files.h"
#include "program/symbols/symbolize_file.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/made_files.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

// The worker lives as long as its caller: what it has read of the files is kept for the next.
constexpr uint64_t kMostResidentBytes = uint64_t{1} << 30;

// Shown only after the user has had to wait.
void show_turn(size_t index, size_t count, std::chrono::steady_clock::time_point start) {
  if (std::chrono::steady_clock::now() - start < std::chrono::seconds(1)) return;
  show_progress("symbolizing " + std::to_string(index + 1) + " of " + std::to_string(count));
}

}  // namespace

int symbolize(int argc, char** argv) {
  CLI::App app(
      "Puts function names, files, lines and inlined frames into pprof files that have\n"
      "only addresses. Each FILE is replaced whole or not at all; what it ran must still\n"
      "be on this machine, with the same build id, or on a server that DEBUGINFOD_URLS names.\n"
      "Code made at run time ([jit]) gets its names from /tmp/perf-PID.map.");
  std::vector<std::string> files;
  ObjectFiles::Places places;
  std::vector<std::string> debug_directories;
  double time_limit = 0;
  bool quiet = false, reports = false, of_parent = false;
  app.add_option("FILE", files, "pprof files, gzip'd or plain")->required();
  app.add_option(
         "--time-limit", time_limit,
         "Seconds after which the work ends (without it: 300 for each FILE); a FILE that is\n"
         "not done by then keeps its addresses")
      ->check(CLI::Range(0.001, 1e6))
      ->type_name("SECONDS");
  app.add_option("--perf-map", places.perf_map,
                 "Names of code made at run time, for all FILEs, instead of /tmp/perf-PID.map")
      ->check(CLI::ExistingFile)
      ->type_name("MAP");
  app.add_option("--root", places.root,
                 "Where the paths of executables and libraries begin: a container's or a target's\n"
                 "root directory; its usr/lib/debug is looked at too")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR");
  app.add_option("--debug-directory", debug_directories,
                 "Where debug files are, before /usr/lib/debug; several by colons, or repeated")
      ->check(CLI::ExistingDirectory)
      ->type_name("DIR")
      ->delimiter(':')
      ->expected(1)
      ->take_all();
  app.add_flag("--quiet", quiet, "Print nothing, neither paths nor errors");
  app.add_flag("--report", reports, "Say `done` on stderr if every FILE has its names")->group("");
  app.add_flag("--memory-of-parent", of_parent,
               "The parent shares the memory of the process that wrote the FILEs")
      ->group("");
  if (const auto ended = parse(&app, argc, argv)) return *ended;

  places.debug_directories.insert(places.debug_directories.begin(), debug_directories.begin(),
                                  debug_directories.end());
  if (of_parent) places.sharer = getppid();
  const MadeFiles made(quiet || reports);
  if (quiet) set_level(Level::kQuiet);
  if (!reports) {  // by hand
    places.debuginfod = Debuginfod::from_environment();
    if (!quiet && getenv("PROFILER_LOG") == nullptr) set_level(Level::kInfo);
  }
  // The worker ends in time by itself; this is for a file system that does not answer.
  set_current_file("");
  if (time_limit > 0) set_time_limit(time_limit + 2);
  const auto start = std::chrono::steady_clock::now();
  NamingService names(std::make_unique<ObjectFiles>(places),
                      {.most_resident_bytes = kMostResidentBytes});
  if (!names.start()) say(Level::kError, "cannot start the process that reads profiles");
  int status = kDone;
  int64_t missing = 0;
  bool any_named = false;
  for (size_t i = 0; i < files.size(); i++) {
    Naming done;
    show_turn(i, files.size(), start);
    NamingWish wish;
    if (time_limit > 0) {
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
      wish.seconds = std::max(0.0, time_limit - passed.count());
    }
    const int result = symbolize_file(files[i], &names, wish, &done);
    status = std::max(status, result);
    if (result == kDone && done.outcome == Naming::kNamed) made.print(files[i], false);
    missing += done.missing;
    any_named |= done.outcome == Naming::kNamed;
  }
  if (missing > 0 && !any_named) status = std::max(status, kCheckFailed);  // lines say what is
  show_progress("");
  if (reports && status == kDone) fputs("done\n", stderr);
  return status;
}

}  // namespace program
