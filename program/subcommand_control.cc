// profiler dump|start|stop PID: a program that runs under the library, from outside.
#include <unistd.h>

#include <string>

#include "program/agent/target/target_files.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/made_files.h"
#include "program/system/mapped_tables.h"
#include "program/system/output_sentence.h"
#include "program/system/subcommand.h"
#include "tables/recording.h"

namespace program {
namespace {

bool open_tables(int pid, TargetTables* tables) {
  const std::string subject = "process " + std::to_string(pid);
  if (access(("/proc/" + std::to_string(pid)).c_str(), F_OK) != 0) {
    say(Level::kError, subject + ": there is none");
    return false;
  }
  const MappedTables mapped = mapped_by(pid);
  std::string problem =
      mapped.are_nameless
          ? "its tables have no name (PROFILER_SPOOL=none): only its agent reaches them"
          : "it records nothing (or belongs to another user)";
  if (!mapped.path.empty() && tables->open(mapped.path, &problem)) return true;
  say(Level::kError, subject + ": " + problem);
  return false;
}

bool comes_to(const TargetTables& tables, bool on) {
  for (int tries = 0; tries < 200 && tables.is_recording() != on; tries++) usleep(5000);
  return tables.is_recording() == on;
}

// Through the agent where one answers, since it keeps count of all requests.
bool set_recording(TargetTables* tables, bool on) {
  layout::Control& control = tables->control();
  if (control.agent.load() != layout::kNoAgent) {
    control.state_wanted.store(recording::state(on));
    tables->ask_to_look();
    if (comes_to(*tables, on)) return true;
    if (!recording::take_back(control, on)) return comes_to(*tables, on);
  }
  tables->set_recording(on);
  return true;
}

int change(int argc, char** argv, bool on, const char* description) {
  CLI::App app(description);
  int pid = 0;
  app.add_option("PID", pid, "the process")->required();
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  TargetTables tables;
  if (!open_tables(pid, &tables)) return kUsageOrUnreadable;
  const std::string subject = "process " + std::to_string(pid) + " ";
  if (tables.is_recording() != on && !set_recording(&tables, on)) {
    say(Level::kError, subject + "was started or stopped by another request meanwhile");
    return kCheckFailed;
  }
  say(Level::kInfo, subject + (on ? "records" : "records no more"));
  return kDone;
}

}  // namespace

int dump(int argc, char** argv) {
  CLI::App app(
      "Writes the profiles of a program that runs under libprofiler.so, all modes since their\n"
      "start, where the program itself would write them. The program is not disturbed by it.");
  int pid = 0;
  bool quiet = false;
  app.add_option("PID", pid, "the process")->required();
  add_quiet(&app, &quiet);
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  const MadeFiles made(quiet);
  TargetTables tables;
  if (!open_tables(pid, &tables)) return kUsageOrUnreadable;
  NamingService names;
  const bool named = tables.origin().wants_names() && names.start();
  TargetFiles files(tables, nullptr, named ? &names : nullptr, {});
  std::string problem;
  const bool done = files.write(true, "", &problem);
  if (!done) say(Level::kError, "process " + std::to_string(pid) + ": " + problem);
  for (const WrittenFile& file : files.written()) {
    say(Level::kInfo, file.path + owner_note(file.path) + ": " + std::to_string(file.samples) +
                          " samples; go tool pprof -http=: " + file.path);
    made.print(file.path, true);
  }
  return done ? kDone : kCheckFailed;
}

int start(int argc, char** argv) {
  return change(argc, argv, true,
                "Begins to record in a program that runs under libprofiler.so and was stopped, or\n"
                "started with PROFILER_START=0.");
}

int stop(int argc, char** argv) {
  return change(argc, argv, false,
                "Stops recording in a program that runs under libprofiler.so. Its files are\n"
                "written at its end all the same, or by `profiler dump`.");
}

}  // namespace program
