// profiler report TRACE: what is to be learnt of a trace without looking at its timeline, as
// profiles for go tool pprof.
#include <string>

#include "program/profiles/profile_file.h"
#include "program/report/trace_file.h"
#include "program/report/trace_report.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/file_mode.h"
#include "program/system/made_files.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

constexpr std::string_view kExtension = ".pftrace";

std::string front_of(const std::string& path) {
  return path.ends_with(kExtension) ? path.substr(0, path.size() - kExtension.size()) : path;
}

}  // namespace

int report(int argc, char** argv) {
  CLI::App app(
      "Makes profiles of a trace, for go tool pprof: FRONT.sync.pb.gz (time that threads waited\n"
      "for each other), .io and .syscall (time in calls that waited), and .sched (time from a "
      "wake\n"
      "to the end of the wait it was for).");
  std::string file, front;
  app.add_option("TRACE", file, "a file of PROFILER_MODE=trace")->required();
  app.add_option("-o,--output", front, "FRONT; else TRACE without its extension");
  bool quiet = false;
  add_quiet(&app, &quiet);
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  const MadeFiles made(quiet);
  if (front.empty()) front = front_of(file);

  confine();
  set_current_file(file);
  ProfileFile trace;
  std::string bytes, error;
  std::vector<std::pair<std::string, Profile>> profiles;
  if (!trace.read_bytes(file, &bytes, &error)) {
    say(Level::kError, file + ": " + error);
    return kUsageOrUnreadable;
  }
  if (!is_trace(bytes) || !report_of_trace(bytes, &profiles)) {
    say(Level::kError, file + ": it is not a whole trace of libprofiler");
    return kUsageOrUnreadable;
  }
  for (const auto& [name, profile] : profiles) {
    const std::string path = front + "." + name + ".pb.gz";
    if (!write_profile(profile, path, file_mode(), &error)) {
      say(Level::kError, path + ": " + error);
      return kCheckFailed;
    }
    say(Level::kInfo, path + ": " + std::to_string(profile.sample_size()) +
                          " stacks; go tool pprof -http=: " + path);
    made.print(path, true);
  }
  return kDone;
}

}  // namespace program
