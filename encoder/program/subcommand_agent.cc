// profiler agent (internal): what needs a clock, a server or work of its own, beside the programs
// of a tree. libprofiler.so starts it, with the tables as descriptor 3 and PROFILER_* alone in its
// environment.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "encoder/program/agent/handed_over.h"
#include "encoder/program/agent/http_server.h"
#include "encoder/program/agent/tree.h"
#include "encoder/program/command_line.h"
#include "encoder/program/console.h"
#include "encoder/program/subcommand.h"
#include "env/options.h"

namespace program {
namespace {

constexpr int kTables = 3;

void ignore_line(void*, std::string_view) {}

// An abstract name that one process can have: the first program of a tree may be executed anew, and
// its next image starts an agent too.
sockaddr_un name_for(int pid, socklen_t* size) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string text =
      "profiler-agent-" + std::to_string(geteuid()) + "-" + std::to_string(pid);
  memcpy(name.sun_path + 1, text.data(), text.size());
  *size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  return name;
}

Level level_of_host(const options::Options& options) {
  return static_cast<Level>(static_cast<int>(options.log));
}

// Listens before anybody is told so; it answers when the first process is known.
bool serve(const options::Options& options, int pid, HttpServer* server, Tree* tree) {
  if (options.http.empty()) return false;
  std::string problem;
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
  const bool listens = server->listen_at(std::string(options.http), folder, &problem);
  tree->set_greeting(listens ? "serving " + server->url() : "PROFILER_HTTP: " + problem, !listens);
  return listens;
}

}  // namespace

int agent(int argc, char** argv) {
  CLI::App app("Started by libprofiler.so; of no use by hand.");
  int pid = 0;
  bool terminal = false;
  app.add_option("--pid", pid, "the first process of the tree")->required();
  app.add_flag("--terminal", terminal, "its stderr is a terminal");
  if (const auto ended = parse(&app, argc, argv)) return *ended;

  struct stat status {};
  const bool has_tables = fstat(kTables, &status) == 0 && S_ISREG(status.st_mode);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  static options::Storage texts;
  const options::Options options = options::parse(environ, terminal, texts, {ignore_line, nullptr});

  socklen_t size = 0;
  const sockaddr_un name = name_for(pid, &size);
  const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (bind(socket, reinterpret_cast<const sockaddr*>(&name), size) != 0) {
    // There is an agent.
    const bool is_there = connect(socket, reinterpret_cast<const sockaddr*>(&name), size) == 0;
    if (is_there && has_tables) hand_over(socket, kTables);
    return kDone;
  }
  listen(socket, 8);

  NamingService names;
  names.start();
  const HostStderr err(pid, level_of_host(options));
  std::unique_ptr<PushQueue> queue;
  if (!options.push.empty()) {
    queue = std::make_unique<PushQueue>(std::string(options.push), err);
  }
  Tree tree(pid, options, &names, queue.get(), err);
  HttpServer server(tree, &names);
  const bool serves = serve(options, pid, &server, &tree);
  if (has_tables) tree.adopt(kTables);
  if (serves) server.start();
  tree.run(socket);
  return kDone;
}

}  // namespace program
