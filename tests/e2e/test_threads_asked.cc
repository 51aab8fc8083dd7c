// What roll calls must not do to the process that they are of: asked for as fast as they are
// answered, by any process that writes the word in its tables.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <set>
#include <thread>

#include "tables/layout.h"
#include "tests/e2e/agent_http.h"
#include "tests/e2e/thread_rows.h"

using namespace e2e;

namespace {

// Asks all processes whose tables come into a directory.
class Asker {
 public:
  explicit Asker(const TemporaryDirectory& spool)
      : spool_(spool), thread_([this] {
          while (!over_) {
            look_around();
            ask();
            usleep(100);
          }
        }) {}
  ~Asker() {
    over_ = true;
    thread_.join();
    for (layout::Header* header : all_) munmap(header, sizeof *header);
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  uint64_t answers() const { return answers_; }
  // The most that the tables of one process held.
  uint64_t most_used_bytes() const { return most_used_; }

 private:
  void look_around() {
    for (const std::string& name : spool_.files()) {
      if (known_.contains(name)) continue;
      const int file = open((spool_ / name).c_str(), O_RDWR | O_CLOEXEC);
      if (file < 0) continue;
      void* at = MAP_FAILED;
      if (lseek(file, 0, SEEK_END) > static_cast<off_t>(sizeof(layout::Header))) {
        at = mmap(nullptr, sizeof(layout::Header), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      }
      close(file);
      if (at == MAP_FAILED) continue;
      known_.insert(name);
      all_.push_back(static_cast<layout::Header*>(at));
    }
  }
  void ask() {
    for (layout::Header* header : all_) {
      layout::Control& control = header->control;
      if (header->version != layout::kVersion) continue;
      most_used_ = std::max<uint64_t>(most_used_, header->used);
      if (control.calls_answered.load() != control.calls_wanted.load()) continue;
      answers_ += control.calls_wanted.load() != 0;
      control.calls_wanted.fetch_add(1);
    }
  }

  const TemporaryDirectory& spool_;
  std::set<std::string> known_;
  std::vector<layout::Header*> all_;
  std::atomic<bool> over_{false};
  std::atomic<uint64_t> answers_{0}, most_used_{0};
  std::thread thread_;
};

// Again, until its processes were asked that often: on a busy machine one run may meet no question.
Outcome run_asked(Command command, uint64_t least_answers, uint64_t* most_used_bytes = nullptr) {
  const TemporaryDirectory output, spool;
  const Asker asker(spool);
  command.limit_s = 60;
  Outcome ours;
  std::string first;
  do {
    ours = run(profiled(command, "threads", output,
                        {{"PROFILER_INTERVAL", "60m"},
                         {"PROFILER_SYMBOLIZE", "none"},
                         {"PROFILER_SPOOL", spool.path()}}));
    if (first.empty()) first = ours.end() + ours.out;
  } while (asker.answers() < least_answers && ours.end() + ours.out == first);
  CHECK(asker.answers() >= least_answers);
  if (most_used_bytes != nullptr) *most_used_bytes = asker.most_used_bytes();
  return ours;
}

}  // namespace

TEST_CASE(
    "a child of threads that look at each other has neither their descriptor nor fewer timers") {
  const Outcome ours = run_asked({{target("forks_while_asked"), "40"}}, 40);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "0 with more descriptors, 0 with fewer timers\n");
}

TEST_CASE("a plugin is not unloaded while its stack is looked at") {
  const TemporaryDirectory directory;
  Command command{{target("unloads_beside"), "10"}};
  for (int i = 0; i < 6; i++) {
    command.arguments.push_back(directory / ("plugin" + std::to_string(i) + ".so"));
    std::filesystem::copy_file(target("naps_in_plugin") + ".so", command.arguments.back());
  }
  const Outcome ours = run_asked(command, 10);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "unloaded\n");
}

TEST_CASE("a host that closes all descriptors does not meet that of a look at its threads") {
  const TemporaryDirectory directory;
  write_file(directory / "data", std::string(4096, 'x'));
  const Outcome ours = run_asked({{target("closes_beside"), "5", directory / "data"}}, 100);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "0 read, 0 closed by another\n");
}

TEST_CASE("threads that come and go do not fill the tables") {
  uint64_t few = 0, many = 0;
  CHECK(run_asked({{target("cpu_short_threads"), "200", "2"}}, 1, &few).end() == "exit 0");
  CHECK(run_asked({{target("cpu_short_threads"), "2000", "2"}}, 5, &many).end() == "exit 0");
  figure("tables after 200 threads: %llu bytes, after 2,000: %llu",
         static_cast<unsigned long long>(few), static_cast<unsigned long long>(many));
  CHECK(many < few + 100000);
}

TEST_CASE("ticks that no mode records take no stacks") {
  AgentVictim host(serving({{"PROFILER_MODE", "threads"}, {"PROFILER_CPU_HZ", "1000"}}));
  port_of(host);
  std::string tables;
  REQUIRE(comes_true([&] {
    for (const std::string& name : host.spool.files()) {
      if (name.ends_with(".tables")) tables = host.spool / name;
    }
    return !tables.empty();
  }));
  const int file = open(tables.c_str(), O_RDONLY | O_CLOEXEC);
  void* at = mmap(nullptr, sizeof(layout::Header), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  REQUIRE(at != MAP_FAILED);
  const auto* header = static_cast<const layout::Header*>(at);
  sleep_ms(300);
  const uint64_t before = header->used;
  sleep_ms(1000);
  CHECK(header->used == before);
  munmap(at, sizeof(layout::Header));
}

TEST_CASE("a thread by raw clone does not answer for the one whose thread block it has") {
  AgentVictim host(serving(), false,
                   {"sh", "-c", "exec " + target("shares_thread_block") + " \"$1\""});
  HttpClient client(port_of(host));
  REQUIRE(comes_true([&] { return host.out() == "done\n"; }));
  TemporaryDirectory directory;
  const ProfileFile profile = profile_of(client.get(std::string(kBase) + "threads"), directory);
  CHECK(profile.total("threads") == 2);
  for (const auto& [name, row] : thread_rows(profile)) {
    INFO(row.stack);
    if (row.tid == host.pid()) CHECK_THAT(row.stack, Catch::Contains("maker_waits < main"));
  }
  CHECK(host.end() == "exit 0");
}

TEST_CASE("a client that asks while the process ends takes nothing from its last file") {
  for (int n = 0; n < 4; n++) {
    AgentVictim host(serving({{"PROFILER_MODE", "threads"}}), false,
                     {"sh", "-c", "exec " + target("roll_call") + " 0 \"$1\""});
    const int port = port_of(host);
    REQUIRE(comes_true([&] { return host.out() == "done\n"; }));
    std::atomic<bool> over{false};
    const auto ask = [&] {
      HttpClient client(port);
      while (!over && client.ask("/debug/pprof/threads")) continue;
    };
    auto one = std::async(std::launch::async, ask), other = std::async(std::launch::async, ask);
    sleep_ms(100);
    CHECK(host.end() == "exit 0");
    over = true;
    // The shell before it has one too.
    std::vector<std::string> files = host.files("threads", 2);
    std::erase_if(files, [](const auto& file) { return file.find("roll_call") == file.npos; });
    REQUIRE(files.size() == 1);
    check_thread_snapshot(ProfileFile(files.front()));
  }
}
