// profiler dump|start|stop PID: a program that runs under the library, from outside.
#include <unistd.h>

#include <fstream>
#include <string>

#include "encoder/program/agent/host_files.h"
#include "encoder/program/command_line.h"
#include "encoder/program/console.h"
#include "encoder/program/output_sentence.h"
#include "encoder/program/subcommand.h"
#include "env/safe/recording.h"
#include "env/spool_name.h"

namespace program {
namespace {

// The tables that the process maps, as its own root folder has them; empty: none with a name.
std::string tables_of(int pid, bool* nameless) {
  const std::string proc = "/proc/" + std::to_string(pid);
  std::ifstream maps(proc + "/maps");
  std::string line;
  while (std::getline(maps, line)) {
    const size_t slash = line.find('/');
    if (slash == std::string::npos) continue;
    const std::string path = line.substr(slash);
    uint64_t owner = 0;
    if (path == "/memfd:profiler (deleted)") *nameless = true;
    // A raw fork's child maps its parent's, which it does not write to.
    const bool ours = spool::read_name(path.substr(path.rfind('/') + 1), &owner);
    if (ours && access((proc + "/root" + path).c_str(), R_OK | W_OK) == 0) {
      return proc + "/root" + path;
    }
  }
  return "";
}

bool open_tables(int pid, HostTables* tables) {
  const std::string who = "process " + std::to_string(pid);
  bool nameless = false;
  if (access(("/proc/" + std::to_string(pid)).c_str(), F_OK) != 0) {
    say(Level::kError, who + ": there is none");
    return false;
  }
  const std::string path = tables_of(pid, &nameless);
  std::string problem =
      nameless ? "its tables have no name (PROFILER_SPOOL=none): only its agent reaches them"
               : "it records nothing (or belongs to another user)";
  if (!path.empty() && tables->open(path, &problem)) return true;
  say(Level::kError, who + ": " + problem);
  return false;
}

bool comes_to(const HostTables& tables, bool on) {
  for (int tries = 0; tries < 200 && tables.is_recording() != on; tries++) usleep(5000);
  return tables.is_recording() == on;
}

// Through the agent, which keeps the books of who wants what, where there is one that answers.
bool set_recording(HostTables* tables, bool on) {
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
  HostTables tables;
  if (!open_tables(pid, &tables)) return kUsageOrUnreadable;
  const std::string who = "process " + std::to_string(pid) + " ";
  if (tables.is_recording() != on && !set_recording(&tables, on)) {
    say(Level::kError, who + "does as somebody else has asked meanwhile");
    return kCheckFailed;
  }
  say(Level::kInfo, who + (on ? "records" : "records no more"));
  return kDone;
}

}  // namespace

int dump(int argc, char** argv) {
  CLI::App app(
      "Writes the profiles of a program that runs under libprofiler.so, all modes since their\n"
      "start, where the program itself would write them. The program is not disturbed by it.");
  int pid = 0;
  app.add_option("PID", pid, "the process")->required();
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  HostTables tables;
  if (!open_tables(pid, &tables)) return kUsageOrUnreadable;
  NamingService names;
  const bool named = tables.origin().wants_names() && names.start();
  HostFiles files(tables, nullptr, named ? &names : nullptr, {});
  std::string problem;
  const bool done = files.write(true, "", &problem);
  if (!done) say(Level::kError, "process " + std::to_string(pid) + ": " + problem);
  for (const WrittenFile& file : files.written()) {
    say(Level::kInfo, file.path + owner_note(file.path) + ": " + std::to_string(file.samples) +
                          " samples; go tool pprof -http=: " + file.path);
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
