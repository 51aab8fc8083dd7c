// profiler status [PID]: what is profiled, which agent serves it, and why a profile may be empty.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "program/agent/target/target_tables.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/mapped_tables.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

std::string proc_file(int pid, const char* name) {
  std::ostringstream text;
  text << std::ifstream("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary).rdbuf();
  return text.str();
}

// The value that the process was started with; empty if it is not set or cannot be read.
std::string variable(const std::string& environment, const std::string& name) {
  std::istringstream all(environment);
  for (std::string entry; std::getline(all, entry, '\0');) {
    if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
  }
  return "";
}

std::vector<int> processes_of(uid_t user) {
  std::vector<int> pids;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), pid).ptr;
    struct stat status {};
    if (end != name.data() + name.size() || stat(entry.path().c_str(), &status) != 0) continue;
    if (status.st_uid == user) pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

uid_t user_of(int pid) {
  struct stat status {};
  return stat(("/proc/" + std::to_string(pid)).c_str(), &status) == 0 ? status.st_uid : geteuid();
}

// The kernel's name of it has 15 characters at most.
std::string program_of(int pid) {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error);
  if (!error) return path.filename().string();
  const std::string name = proc_file(pid, "comm");
  return name.substr(0, name.find('\n'));
}

// An agent runs as the user of the processes that it serves, and maps their tables by its own path
// of them.
int agent_of(int served, const std::string& tables) {
  const std::string name = tables.substr(tables.rfind('/') + 1);
  for (const int pid : processes_of(user_of(served))) {
    const std::string words = proc_file(pid, "cmdline");
    const size_t first = words.find('\0');
    if (first == std::string::npos || !words.substr(first + 1).starts_with("agent")) continue;
    if (proc_file(pid, "maps").find("/" + name) != std::string::npos) return pid;
  }
  return 0;
}

// Why a process that is alive has no tables.
std::string why_not(int pid, const MappedTables& mapped) {
  if (proc_file(pid, "maps").empty()) return "it has ended, or is a thread of the kernel";
  const std::string environment = proc_file(pid, "environ");
  const bool is_asked =
      variable(environment, "LD_PRELOAD").find("libprofiler.so") != std::string::npos;
  if (mapped.library.empty() && is_asked) {
    return "LD_PRELOAD names libprofiler.so, but it is not loaded: the program is static, set-uid, "
           "or of another libc or word size";
  }
  if (mapped.library.empty()) return "libprofiler.so is not loaded: LD_PRELOAD does not name it";
  if (mapped.are_nameless) {
    return "it records into memory that no other process can open (PROFILER_SPOOL=none)";
  }
  const std::string only = variable(environment, "PROFILER_ONLY");
  if (variable(environment, "PROFILER_MODE").empty() &&
      variable(environment, "PROFILER_HTTP").empty()) {
    return "libprofiler.so is loaded, but PROFILER_MODE was not set at the start";
  }
  if (variable(environment, "PROFILER_CHILDREN") == "0") {
    return "libprofiler.so is loaded, but PROFILER_CHILDREN=0 leaves children out";
  }
  if (!only.empty())
    return "libprofiler.so is loaded, but PROFILER_ONLY=" + only + " may leave it out";
  return "libprofiler.so is loaded, but the process has no tables: it has ended its recording";
}

// Of one mode: whether it records, and why its profile is empty if it is.
std::string state_of(const layout::ModeEntry& entry, uint64_t samples, bool has_stopped) {
  const uint64_t lost = entry.lost.load();
  std::string text = std::to_string(samples) + (samples == 1 ? " sample" : " samples");
  if (lost != 0) text += ", " + std::to_string(lost) + " lost (PROFILER_MEMORY)";
  if (entry.absent.load() != 0) return "cannot record here; the comments of its profile say why";
  if (has_stopped) return text + "; the last file is written";
  if (entry.held.load() != 0) return text + "; the program has stopped it (profiler_stop)";
  if (entry.armed.load() == 0) {
    return text +
           "; not recording (PROFILER_START=0, PROFILER_DELAY, `profiler stop`): "
           "`profiler start` starts it";
  }
  return text + (samples == 0 ? "; recording, no event so far" : "; recording");
}

void show_modes(const TargetTables& tables) {
  const layout::Header& header = tables.header();
  const bool has_stopped = header.state.load() == static_cast<uint32_t>(layout::State::kWritten);
  unsigned files = 0;
  for (unsigned i = 0; i < tables.mode_count(); i++) files += tables.is_wanted(i) ? 1 : 0;
  for (unsigned i = 0; i < tables.mode_count(); i++) {
    if (!tables.is_wanted(i) || !tables.view().has_file(i)) continue;
    const layout::ModeEntry& entry = header.modes[i];
    const uint32_t source = std::min(encoder::once(entry.source), layout::kMaxModes - 1);
    char bytes[output_name::kPathSize];
    const auto name = tables.origin().name({tables.mode_name(i), files > 1, 1, false}, bytes);
    printf("  %s: %s\n    %s\n", tables.mode_name(i).c_str(),
           state_of(entry, header.modes[source].samples.load(), has_stopped).c_str(),
           name.error == nullptr ? std::string(name.path).c_str() : name.error);
  }
}

// True if it is profiled.
bool show(int pid, const MappedTables& mapped) {
  printf("process %d (%s)\n", pid, program_of(pid).c_str());
  TargetTables tables;
  std::string problem;
  if (mapped.path.empty() || !tables.open(mapped.path, &problem)) {
    printf("  %s\n", (problem.empty() ? why_not(pid, mapped) : problem).c_str());
    return false;
  }
  const int agent = agent_of(pid, mapped.path);
  printf("  library: %s\n  tables: %s\n", mapped.library.c_str(), mapped.path.c_str());
  printf("  agent: %s\n",
         agent != 0 ? ("process " + std::to_string(agent)).c_str()
                    : "none (HTTP, PUSH, INTERVAL, DELAY, DURATION and signals start one)");
  show_modes(tables);
  return true;
}

}  // namespace

int status(int argc, char** argv) {
  CLI::App app(
      "Shows of a process whether it is profiled: the library, its tables, the agent that serves\n"
      "it, and for each mode what it has recorded and where its file goes. Without PID: all\n"
      "processes of this user that have libprofiler.so.");
  int pid = 0;
  app.add_option("PID", pid, "the process");
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  if (pid != 0) {
    const std::string proc = "/proc/" + std::to_string(pid);
    const bool exists = access(proc.c_str(), F_OK) == 0;
    if (!exists || !std::ifstream(proc + "/maps").is_open()) {
      say(Level::kError, "process " + std::to_string(pid) +
                             (exists ? ": it belongs to another user" : ": there is none"));
      return kUsageOrUnreadable;
    }
    return show(pid, mapped_by(pid)) ? kDone : kCheckFailed;
  }
  bool any = false;
  for (const int each : processes_of(geteuid())) {
    const MappedTables mapped = mapped_by(each);
    if (mapped.library.empty()) continue;
    any = true;
    show(each, mapped);
  }
  if (!any) printf("no process of this user has libprofiler.so\n");
  return kDone;
}

}  // namespace program
