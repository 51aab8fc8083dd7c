#include "program/agent/agent_socket.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "tests/unit/env/temporary_directory.h"

using program::AgentSocket;
using program::find_agents;
using program::FoundAgents;
using program::read_socket_name;

namespace {

void close_all(const FoundAgents& found) {
  for (const int socket : found.sockets) close(socket);
}

// What find_agents sees in a process of its own, since an agent passes over itself.
size_t found_by_another(const std::string& directory) {
  const pid_t child = fork();
  if (child == 0) _exit(static_cast<int>(find_agents(directory).sockets.size()));
  int status = 0;
  waitpid(child, &status, 0);
  return static_cast<size_t>(WEXITSTATUS(status));
}

// A socket as an agent of that number would have it; refuses connections unless it listens.
int bound_at(const std::string& path) {
  const int bound = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un name{AF_UNIX, {}};
  strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  REQUIRE(bind(bound, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  return bound;
}

std::string name_of(pid_t pid) {
  return "profiler-agent-" + std::to_string(pid) + "-0123456789abcdef.socket";
}

}  // namespace

TEST_CASE("names of agents' sockets") {
  int pid = 0;
  CHECK(read_socket_name("profiler-agent-4711-0123456789abcdef.socket", &pid));
  CHECK(pid == 4711);
  for (const char* name :
       {"profiler-agent-4711-0123456789abcde.socket", "profiler-agent-0-0123456789abcdef.socket",
        "profiler-agent-4711-0123456789abcdeF.socket", "profiler-agent-4711-0123456789abcdef.sock",
        "profiler-agent--0123456789abcdef.socket", "profiler-4711-0123456789abcdef.tables",
        "profiler-agent-99999999999-0123456789abcdef.socket"}) {
    INFO(name);
    CHECK_FALSE(read_socket_name(name, &pid));
  }
}

TEST_CASE("an agent's socket is its user's alone, is found by another agent, and goes with it") {
  TemporaryDirectory directory;
  {
    AgentSocket socket;
    REQUIRE(socket.open_in(directory.path()));
    REQUIRE(directory.names().size() == 1);
    struct stat status {};
    REQUIRE(stat((directory / *directory.names().begin()).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(found_by_another(directory.path()) == 1);
  }
  CHECK(directory.names().empty());
}

TEST_CASE("an agent's socket is made in a directory whose path is longer than a socket's may be") {
  TemporaryDirectory directory;
  const std::string deep = directory / (std::string(200, 'x') + "/" + std::string(200, 'y'));
  std::filesystem::create_directories(deep);
  AgentSocket socket;
  REQUIRE(socket.open_in(deep));
  CHECK(found_by_another(deep) == 1);
}

TEST_CASE("no directory, no socket") {
  TemporaryDirectory directory;
  AgentSocket socket;
  CHECK_FALSE(socket.open_in(directory / "none"));
  CHECK(socket.descriptor() == -1);
  CHECK(find_agents(directory / "none").sockets.empty());
}

TEST_CASE("the socket of a dead agent is removed, one of an agent that is ending is seen") {
  TemporaryDirectory directory;
  const pid_t dead = fork();
  if (dead == 0) _exit(0);
  waitpid(dead, nullptr, 0);
  // Process 1 is no agent: one of another namespace had that number.
  const int left = bound_at(directory / name_of(dead)),
            elsewhere = bound_at(directory / name_of(1));
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t agent = fork();
  if (agent == 0) {
    prctl(PR_SET_NAME, "profiler");
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  const int ending = bound_at(directory / name_of(agent));
  FoundAgents found = find_agents(directory.path());
  CHECK(found.sockets.empty());
  CHECK(found.is_any_ending);
  CHECK(directory.names() == std::set<std::string>{name_of(agent)});
  kill(agent, SIGKILL);
  waitpid(agent, nullptr, 0);
  found = find_agents(directory.path());
  CHECK_FALSE(found.is_any_ending);
  CHECK(directory.names().empty());
  for (const int each : {left, elsewhere, ending, ready[0], ready[1]}) close(each);
}

TEST_CASE("an agent that ends does not remove what took its name") {
  TemporaryDirectory directory;
  std::string name;
  {
    AgentSocket socket;
    REQUIRE(socket.open_in(directory.path()));
    name = *directory.names().begin();
    std::filesystem::remove(directory / name);
    directory.put(name, "of another");
  }
  CHECK(directory.content(name) == "of another");
}

TEST_CASE("another user's socket is not connected with, and a file or a link of the name neither") {
  TemporaryDirectory directory;
  const int theirs = bound_at(directory / name_of(1));
  REQUIRE(listen(theirs, 5) == 0);
  directory.put(name_of(2), "");
  std::filesystem::create_symlink(name_of(1), directory / name_of(3));
  FoundAgents found = find_agents(directory.path());
  CHECK(found.sockets.size() == 1);
  close_all(found);
  if (geteuid() == 0) {
    REQUIRE(lchown((directory / name_of(1)).c_str(), 65534, 65534) == 0);
    found = find_agents(directory.path());
    CHECK(found.sockets.empty());
    CHECK_FALSE(found.is_any_ending);
    CHECK(directory.names().size() == 3);
  }
  close(theirs);
}

TEST_CASE("a peer of another user is no agent, whatever its file says") {
  if (geteuid() != 0) return;
  TemporaryDirectory directory;
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t squatter = fork();
  if (squatter == 0) {
    if (setuid(65534) != 0) _exit(1);
    const int theirs = bound_at(directory / name_of(getpid()));
    listen(theirs, 5);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  // As if it had put its socket there between the look at the file and the connection.
  REQUIRE(lchown((directory / name_of(squatter)).c_str(), 0, 0) == 0);
  CHECK(find_agents(directory.path()).sockets.empty());
  kill(squatter, SIGKILL);
  waitpid(squatter, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}
