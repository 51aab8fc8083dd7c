#include "program/system/child_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>

#include "program/run/preload_environment.h"

using program::run_and_wait;

namespace {

// Runs `test` in a process of its own, since it changes signals; returns how that ended.
template <typename Test>
int status_of(Test test) {
  const pid_t pid = fork();
  if (pid == 0) _exit(test());
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

int run_shell(const std::string& command, int* error) {
  program::Environment environment;
  int status = -1;
  run_and_wait({"sh", "-c", command}, environment.pointers(), &status, error);
  return status;
}

int end_like_shell(const std::string& command) {
  return status_of([&] {
    int error = 0;
    return program::end_like(run_shell(command, &error));
  });
}

}  // namespace

TEST_CASE("run ends with the command's exit status") {
  for (const int expected : {0, 1, 7, 125, 255}) {
    const int status = end_like_shell("exit " + std::to_string(expected));
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == expected);
  }
}

TEST_CASE("run ends by the command's signal, without a core of its own") {
  for (const int expected : {SIGTERM, SIGKILL, SIGSEGV, SIGINT, SIGPIPE, SIGRTMAX}) {
    const int status = end_like_shell("kill -" + std::to_string(expected) + " $$");
    INFO(expected);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == expected);
    CHECK_FALSE(WCOREDUMP(status));
  }
}

TEST_CASE("a command that cannot be started tells why") {
  program::Environment environment;
  const int expected[] = {ENOENT, ENOENT, EACCES};
  const char* commands[] = {"/nonexistent/x", "no-such-command-anywhere", "/etc"};
  for (int i = 0; i < 3; i++) {
    const int status = status_of([&] {
      int wait_status = 0;
      int error = 0;
      const bool ran = run_and_wait({commands[i]}, environment.pointers(), &wait_status, &error);
      return ran ? 0 : error;
    });
    CHECK(WEXITSTATUS(status) == expected[i]);
  }
}

TEST_CASE("SIGTERM sent to run reaches the command") {
  const int status = status_of([] {
    int error = 0;
    const int child = run_shell("trap 'exit 9' TERM; kill -TERM " + std::to_string(getpid()) +
                                    "; while :; do sleep 0.05; done",
                                &error);
    return WEXITSTATUS(child);
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 9);
}

TEST_CASE("SIGINT ends the command alone, run stays to finish the profiles") {
  const int status = status_of([] {
    int error = 0;
    const int child = run_shell("kill -INT " + std::to_string(getpid()) + "; kill -INT $$", &error);
    return WIFSIGNALED(child) && WTERMSIG(child) == SIGINT ? 3 : 4;
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
}

TEST_CASE("the command has the signals that run was started with") {
  const int status = status_of([] {
    signal(SIGCHLD, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_DFL);
    program::Environment environment;
    // SIGCHLD is bit 16, SIGHUP bit 0. No shell: it has its own ideas about SIGCHLD.
    for (const char* line : {"SigIgn:.*[13579bdf][0-9a-f]\\{3\\}[13579bdf]$", "SigBlk:.0*$"}) {
      int wait_status = 0;
      int error = 0;
      run_and_wait({"grep", "-q", line, "/proc/self/status"}, environment.pointers(), &wait_status,
                   &error);
      if (wait_status != 0) return 1;
    }
    return 0;
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
