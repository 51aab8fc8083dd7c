// What a killed process has recorded becomes the files that it would have written.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// As in tests/targets/until_killed.c.
struct Done {
  std::atomic<int64_t> cpu_ns, objects, kept, started, waits, long_waits, waited_ns;
  int64_t pad[1];
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

  TemporaryFolder output, spool;

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

  TemporaryFolder truth_;
  pid_t pid_ = 0;
  Done* done_ = nullptr;
};

Outcome recover(const std::vector<std::string>& arguments, const Environment& more = {}) {
  Command command = {{program(), "recover"}, more};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return run(command);
}

void check_says_so(const ProfileFile& profile) {
  CHECK(profile.all_comments().find("recovered: the process ended without writing its profile") !=
        std::string::npos);
}

int64_t inuse(const ProfileFile& heap) {
  int64_t sum = 0;
  for (int i = 0; i < heap.proto().sample_size(); i++) {
    const std::vector<Frame> frames = heap.frames(i);
    const bool here = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
      return frame.function == "site_until_killed";
    });
    if (here) sum += heap.proto().sample(i).value(2);
  }
  return sum;
}

struct Errors {
  double most_cpu_ms = 0;
  int64_t most_objects = 0;
  int64_t waits = 0, waited_ns = 0, delay_ns = 0;
};

// Each thread may have been killed between its wait and its count of it.
void compare_waits(const Victim& victim, Errors& errors) {
  const ProfileFile block(only(victim.output.profiles("block")));
  check_says_so(block);
  const int64_t waits = block.containing("contentions", "lock_until_killed");
  CHECK(waits >= victim.sum(&Done::long_waits));
  CHECK(waits <= victim.sum(&Done::waits) + kThreads);
  // What a thread measures around the call is more by our own work, and its turns on the processor.
  const int64_t waited = victim.sum(&Done::waited_ns);
  const int64_t delay = block.containing("delay", "lock_until_killed");
  if (waits <= victim.sum(&Done::waits)) CHECK(delay <= waited);
  CHECK(delay >= waited / 2);
  errors.waits += waits;
  errors.waited_ns += waited;
  errors.delay_ns += delay;
}

// Seen from its own clock: the last sample of two busy threads is at most some periods old.
void compare_duration(const ProfileFile& profile, double lived_ms) {
  const auto ms = static_cast<double>(profile.proto().duration_nanos()) / 1e6;
  CHECK(ms > 0);
  CHECK(ms <= lived_ms + 10);
  CHECK(ms >= lived_ms / 2 - 20);
}

void kill_and_compare(std::mt19937& random, Errors& errors) {
  const auto start = std::chrono::steady_clock::now();
  Victim victim;
  usleep(random() % 250000);
  victim.end();
  const std::chrono::duration<double, std::milli> lived = std::chrono::steady_clock::now() - start;
  const Outcome outcome = recover({victim.spool.path()});
  INFO(outcome.err);
  CHECK(outcome.end() == "exit 0");
  CHECK(victim.spool.files().empty());
  const ProfileFile cpu(only(victim.output.profiles("cpu")));
  const ProfileFile heap(only(victim.output.profiles("heap")));
  check_says_so(cpu);
  check_says_so(heap);
  compare_waits(victim, errors);
  compare_duration(heap, lived.count());
  // Each thread may have been killed between a block and its count of it.
  const int64_t objects = heap.containing("alloc_objects", "site_until_killed");
  const int64_t true_objects = victim.sum(&Done::objects);
  CHECK(objects >= true_objects);
  CHECK(objects <= true_objects + kThreads);
  // Those that are kept, and of each thread the last one.
  const int64_t kept = victim.sum(&Done::kept);
  CHECK(inuse(heap) >= kept);
  CHECK(inuse(heap) <= kept + 3 * kThreads);
  // Each thread's last sample was still to come: a period, and what the kernel's clock is late.
  const auto cpu_ms = static_cast<double>(cpu.total("cpu")) / 1e6;
  const auto true_cpu_ms = static_cast<double>(victim.sum(&Done::cpu_ns)) / 1e6;
  CHECK(cpu_ms <= true_cpu_ms + 2 * kThreads);
  CHECK(cpu_ms >= true_cpu_ms - kThreads * (10 + 20));
  errors.most_cpu_ms = std::max(errors.most_cpu_ms, true_cpu_ms - cpu_ms);
  errors.most_objects = std::max(errors.most_objects, objects - true_objects);
}

}  // namespace

TEST_CASE("killed at any moment: a valid profile, within a sample a thread of the truth") {
  const char* asked = getenv("RECOVER_KILLS");
  const int kills = asked != nullptr ? atoi(asked) : 20;
  std::mt19937 random(asked != nullptr ? std::random_device()() : 1);
  Errors errors;
  for (int i = 0; i < kills; i++) kill_and_compare(random, errors);
  figure(
      "recovered after %d kills: at most %.1f ms of CPU time missing on %d threads, %lld blocks "
      "too many; %lld waits, their time %.4f of what the threads measured",
      kills, errors.most_cpu_ms, kThreads, static_cast<long long>(errors.most_objects),
      static_cast<long long>(errors.waits),
      static_cast<double>(errors.delay_ns) / static_cast<double>(errors.waited_ns));
}

TEST_CASE("every end that writes nothing is recovered by recover, with names and once") {
  for (const std::string how : {"sigkill", "abort", "segv", "sigterm", "raw"}) {
    INFO("ends by " << how);
    TemporaryFolder output, spool;
    const Command bare = {{target("ends"), how}};
    const Outcome ours = run(profiled(
        bare, "heap", output, {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_SPOOL", spool.path()}}));
    CHECK(ours.end() == run(bare).end());
    CHECK(output.files().empty());
    REQUIRE(spool.files().size() == 1);
    CHECK(recover({spool / spool.files()[0]}).end() == "exit 0");
    const ProfileFile heap(only(output.profiles("heap")));
    CHECK(heap.containing("alloc_objects", "site_of_ends") == 1);
    check_says_so(heap);
    CHECK(spool.files().empty());
    CHECK(recover({spool.path()}).end() == "exit 0");
    CHECK(output.files().size() == 1);
  }
}

TEST_CASE("every end that writes nothing is recovered by run, which ends the same way") {
  for (const std::string how : {"sigkill", "abort", "segv", "sigterm", "raw"}) {
    INFO("ends by " << how);
    TemporaryFolder output, spool;
    const Command bare = {{target("ends"), how}};
    Command command = {{program(), "run", "--mode", "heap", "--heap-rate", "1", "--spool",
                        spool.path(), "--output", output.path() + "/", "--", target("ends"), how}};
    const Outcome ours = run(command), plain = run(bare);
    CHECK(ours.end() == plain.end());
    CHECK(ours.out == plain.out);
    CHECK(ours.err == plain.err);
    const ProfileFile heap(only(output.profiles("heap")));
    CHECK(heap.containing("alloc_objects", "site_of_ends") == 1);
    CHECK(heap.proto().duration_nanos() > 0);
    check_says_so(heap);
    CHECK(spool.files().empty());
  }
}

TEST_CASE("a living process's tables are left alone") {
  Victim victim("heap");
  const std::string tables = victim.spool / victim.spool.files().at(0);
  const Outcome named = recover({tables});
  CHECK(named.end() == "exit 1");
  CHECK(named.error_lines().size() == 1);
  CHECK(named.err.find("still running") != std::string::npos);
  CHECK(recover({victim.spool.path()}).end() == "exit 0");
  CHECK(victim.output.files().empty());
  CHECK(victim.spool.files().size() == 1);
  victim.end();
  CHECK(recover({tables}).end() == "exit 0");
  CHECK(victim.output.files().size() == 1);
}

TEST_CASE("two recovers at once make one file of one process") {
  Victim victim("heap");
  victim.end();
  const std::string all = program() + " recover " + victim.spool.path();
  run({{"sh", "-c", all + " & " + all + " & " + all + "; wait"}});
  CHECK(victim.output.files().size() == 1);
  CHECK(victim.spool.files().empty());
}

TEST_CASE("a run that is killed with its tree leaves its files all the same") {
  TemporaryFolder output, spool;
  const Outcome ours =
      run({{"timeout", "-s", "KILL", "0.5", program(), "run", "--mode", "cpu", "--spool",
            spool.path(), "--output", output.path() + "/", "--", target("cpu_shares"), "1", "30"}});
  CHECK(ours.end() == "signal 9");
  for (int tries = 0; tries < 250 && !spool.files().empty(); tries++) usleep(20000);
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(cpu.has_function("burn_40"));
  CHECK(spool.files().empty());
}

TEST_CASE("what cannot be recovered is one line that says what and where") {
  TemporaryFolder output, spool;
  run(profiled({{target("ends"), "sigkill"}}, "heap", output,
               {{"PROFILER_SPOOL", spool.path()}, {"PROFILER_OUTPUT", output / "gone/%p.pb.gz"}}));
  const std::string tables = spool / spool.files().at(0);
  const Outcome ours = recover({tables});
  CHECK(ours.end() == "exit 1");
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.err.find(tables) != std::string::npos);
  CHECK(ours.err.find("no such folder") != std::string::npos);
  CHECK(spool.files().size() == 1);
}

TEST_CASE("without an argument all places are looked at, and nobody else's tables touched") {
  // A /dev/shm of its own: what else was killed on this machine is not the test's to recover.
  const std::string alone = "mount -t tmpfs none /dev/shm && ";
  if (run({{"unshare", "-m", "sh", "-c", alone + "true"}}).end() != "exit 0") {
    return skip("recover without an argument", "needs a mount namespace");
  }
  TemporaryFolder output, spool;
  const std::string profiled_ends =
      "PROFILER_MODE=heap PROFILER_HEAP_RATE=1 PROFILER_OUTPUT=" + output.path() +
      "/ LD_PRELOAD=" + library() + " " + target("ends") + " sigkill; ";
  const std::string words =
      profiled_ends + "export PROFILER_SPOOL=" + spool.path() + "; " + profiled_ends +
      "cp /dev/shm/*.tables /dev/shm/profiler-1-0123456789abcdef.tables; "
      "chown 65534 /dev/shm/profiler-1-*; timeout -s KILL 0.3 " +
      program() + " run --spool auto --mode cpu --output " + output.path() + "/ -- " +
      target("cpu_shares") + " 1 30; sleep 0.3; " + program() + " recover; echo $?; ls /dev/shm";
  const Outcome ours = run({{"unshare", "-m", "sh", "-c", alone + words}});
  INFO(ours.err);
  const std::string left = "0\nprofiler-1-0123456789abcdef.tables\n";
  REQUIRE(ours.out.size() > left.size());
  CHECK(ours.out.substr(ours.out.size() - left.size()) == left);
  CHECK(output.profiles("heap").size() == 2);
  CHECK(output.profiles("cpu").size() == 1);
  CHECK(spool.files().empty());
}
