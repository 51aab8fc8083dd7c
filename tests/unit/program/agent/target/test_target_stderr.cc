#include "program/agent/target/target_stderr.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/env/temporary_directory.h"

using program::Level;
using program::TargetStderr;

namespace {

// A process whose stderr is the file, opened with these flags.
class Program {
 public:
  Program(const std::string& file, int flags) {
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(open(file.c_str(), flags), 2);
      close(ready[0]);
      close(ready[1]);
      for (;;) pause();
    }
    close(ready[1]);
    char none;
    REQUIRE(read(ready[0], &none, 1) == 0);
    close(ready[0]);
  }
  ~Program() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  int pid() const { return pid_; }

 private:
  int pid_ = 0;
};

}  // namespace

TEST_CASE("a line goes to a file that the program appends to") {
  TemporaryDirectory directory;
  directory.put("log", "first\n");
  const Program program(directory / "log", O_WRONLY | O_APPEND);
  TargetStderr(program.pid(), Level::kInfo).say(Level::kInfo, "second");
  CHECK(directory.content("log") == "first\nprofiler: second\n");
}

TEST_CASE("a file that the program may only read gets no line, though we may write to it") {
  TemporaryDirectory directory;
  directory.put("accounts", "root\n");
  const Program program(directory / "accounts", O_RDONLY | O_APPEND);
  TargetStderr(program.pid(), Level::kInfo).say(Level::kError, "a line");
  CHECK(directory.content("accounts") == "root\n");
}
