// A program that works until it is killed, and knows what it has done; and what is made of it then.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

namespace e2e {

// As in tests/targets/until_killed.c.
struct Done {
  std::atomic<int64_t> cpu_ns, objects, kept, started, waits, long_waits, waited_ns, ticked_ns;
};
constexpr int kThreads = 2;

// A run of until_killed under the library; its tables are in spool/, its files come into output/.
class Victim {
 public:
  explicit Victim(const std::string& modes = "cpu,heap,block") {
    const Environment environment = {{"LD_PRELOAD", library()},
                                     {"PROFILER_MODE", modes},
                                     {"PROFILER_OUTPUT", output.path() + "/"},
                                     {"PROFILER_SPOOL", spool.path()},
                                     {"PROFILER_BLOCK_RATE", "1ns"},
                                     {"PROFILER_HEAP_RATE", "1"}};
    pid_ = fork();
    if (pid_ == 0) {
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      const std::string file = target("until_killed");
      execl(file.c_str(), file.c_str(), (truth_ / "done").c_str(), std::to_string(kThreads).c_str(),
            nullptr);
      _exit(127);
    }
    wait_until_started();
  }
  ~Victim() { end(); }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  int64_t sum(std::atomic<int64_t> Done::*what) const {
    int64_t total = 0;
    for (int i = 0; i < kThreads; i++) total += done_[i].*what;
    return total;
  }

  pid_t pid() const { return pid_; }

  TemporaryDirectory output, spool;

 private:
  void wait_until_started() {
    void* memory = MAP_FAILED;
    while (memory == MAP_FAILED) {
      const int fd = open((truth_ / "done").c_str(), O_RDWR | O_CLOEXEC);
      if (fd >= 0 && lseek(fd, 0, SEEK_END) > 0) {
        memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      }
      if (fd >= 0) close(fd);
      usleep(200);
    }
    done_ = static_cast<Done*>(memory);
    for (int i = 0; i < kThreads; i++) {
      while (done_[i].started == 0) usleep(200);
    }
  }

  TemporaryDirectory truth_;
  pid_t pid_ = 0;
  Done* done_ = nullptr;
};

inline Outcome recover(const std::vector<std::string>& arguments, const Environment& more = {}) {
  Command command = {{program(), "recover"}, more};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return run(command);
}

inline void check_says_so(const ProfileFile& profile) {
  CHECK(profile.all_comments().find("recovered: the process ended without writing its profile") !=
        std::string::npos);
}

}  // namespace e2e
