#include "program/sandbox/sandbox.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>

namespace {

// What the action leaves in errno in a confined process (0: it worked), or the signal's number +
// 1000.
int in_sandbox(const std::function<bool()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    program::drop_rights();
    program::limit_resources();
    const bool filtered = program::filter_system_calls([] { return -1; });
    errno = 0;
    const bool worked = filtered && action();
    _exit(worked ? 0 : errno != 0 ? errno : 255);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

std::string field(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "none";
}

}  // namespace

TEST_CASE("a confined process computes, and can neither open, connect, execute, trace nor signal") {
  const pid_t parent = getpid();
  CHECK(in_sandbox([] { return !std::string(100000, 'x').empty(); }) == 0);
  CHECK(in_sandbox([] { return open("/etc/passwd", O_RDONLY) >= 0; }) == ENOENT);
  CHECK(in_sandbox([] { return creat("/tmp/profiler-test-none", 0600) >= 0; }) == EPERM);
  CHECK(in_sandbox([] { return access("/etc/passwd", F_OK) == 0; }) == EPERM);
  CHECK(in_sandbox([] { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }) == EPERM);
  CHECK(in_sandbox([] {
          char* const none[] = {nullptr};
          return execve("/bin/true", none, none) == 0;
        }) == EPERM);
  CHECK(in_sandbox([] { return fork() >= 0; }) == EPERM);
  CHECK(in_sandbox([=] { return ptrace(PTRACE_ATTACH, parent, nullptr, nullptr) == 0; }) == EPERM);
  CHECK(in_sandbox([=] { return kill(parent, 0) == 0; }) == EPERM);
  CHECK(in_sandbox([] {
          return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                 MAP_FAILED;
        }) == EPERM);
}

TEST_CASE("the kernel shows a confined process without rights") {
  int gate[2];
  int ready[2];
  REQUIRE(pipe(gate) == 0);
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(gate[1]);
    program::drop_rights();
    program::limit_resources();
    close(ready[1]);
    program::filter_system_calls([] { return -1; });
    char byte = 0;
    const ssize_t unused = read(gate[0], &byte, 1);  // until the parent has looked
    (void)unused;
    _exit(0);
  }
  close(ready[1]);
  char byte = 0;
  CHECK(read(ready[0], &byte, 1) == 0);
  for (int tries = 0; tries < 1000 && field(child, "Seccomp") != "2"; tries++) usleep(1000);
  CHECK(field(child, "CapEff") == "0000000000000000");
  CHECK(field(child, "CapPrm") == "0000000000000000");
  CHECK(field(child, "NoNewPrivs") == "1");
  CHECK(field(child, "Seccomp") == "2");
  if (geteuid() == 0) {
    CHECK(field(child, "CapBnd") == "0000000000000000");
    CHECK(field(child, "Uid") == "65534\t65534\t65534\t65534");
    CHECK(field(child, "Gid") == "65534\t65534\t65534\t65534");
    CHECK(field(child, "Groups").find_first_of("0123456789") == std::string::npos);
  }
  close(gate[1]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(status == 0);
}
