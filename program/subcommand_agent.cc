// profiler agent (internal): what needs a clock, a server or work of its own, beside the programs
// of a tree. libprofiler.so starts it, with the tables as descriptor 3, their origin as 4 where it
// has no name, and PROFILER_* alone in its environment.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "env/options.h"
#include "program/agent/handed_over.h"
#include "program/agent/handed_tables.h"
#include "program/agent/http_server.h"
#include "program/agent/meeting.h"
#include "program/agent/tree.h"
#include "program/symbols/object_files.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

constexpr int kTables = 3, kOrigin = 4;

void ignore_line(void*, std::string_view) {}

Level level_of_host(const options::Options& options) {
  return static_cast<Level>(static_cast<int>(options.log));
}

bool is_file(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

std::string directory_of(int pid) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
}

}  // namespace

int agent(int argc, char** argv) {
  CLI::App app("Started by libprofiler.so; of no use by hand.");
  int pid = 0;
  bool terminal = false;
  app.add_option("--pid", pid, "the first process of the tree")->required();
  app.add_flag("--terminal", terminal, "its stderr is a terminal");
  if (const auto ended = parse(&app, argc, argv)) return *ended;

  const bool has_tables = is_file(kTables);
  for (const int descriptor : {kTables, kOrigin}) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  static options::Storage texts;
  const options::Options options = options::parse(environ, terminal, texts, {ignore_line, nullptr});

  Handing handing;
  handing.pid = pid;
  handing.options = profiler_variables(environ);
  if (has_tables) handing.tables = kTables;
  if (has_tables && is_file(kOrigin)) handing.origin = kOrigin;
  AgentSocket socket;
  HttpAddress address;
  Meeting meeting(handing, options, directory_of(pid));
  if (!meeting.settle(&socket, &address)) return kDone;

  // A client of HTTP waits for names; this worker remembers what it has read anyway.
  NamingService names(std::make_unique<ObjectFiles>(), {.keeping_seconds = 0.2});
  names.start();
  const TargetStderr err(pid, level_of_host(options));
  std::unique_ptr<PushQueue> queue;
  if (!options.push.empty()) {
    queue = std::make_unique<PushQueue>(std::string(options.push), err);
  }
  Tree tree(pid, options, handing.options, &names, queue.get(), err);
  const bool serves = address.socket >= 0;
  tree.set_greeting(serves ? &address : nullptr, meeting.problem());
  HttpServer server(tree, &names, address);
  if (has_tables && !tree.adopt(kTables, handing.origin)) return kDone;
  if (serves) server.start();
  tree.run(&socket);
  return kDone;
}

}  // namespace program
