// The agent beside a program: windows, deltas, requests by signal, and what the program sees of it.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const char* const kSeesNothing =
    "children: none, SIGCHLD: 0, descriptors: 3, threads: 1, LD_PRELOAD there\n";

double seconds(const ProfileFile& profile) {
  return static_cast<double>(profile.proto().duration_nanos()) / 1e9;
}

std::vector<std::string> descriptors_of(pid_t pid) {
  std::vector<std::string> targets;
  std::error_code error;
  const std::string directory = "/proc/" + std::to_string(pid) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    targets.push_back(std::filesystem::read_symlink(entry.path(), error).string());
  }
  return targets;
}

}  // namespace

TEST_CASE("periodic files: cpu holds its own stretch, heap all since the start, none is missing") {
  AgentVictim host(
      {{"PROFILER_MODE", "cpu,heap"}, {"PROFILER_INTERVAL", "300ms"}, {"PROFILER_HEAP_RATE", "1"}});
  host.files("cpu", 4);
  CHECK(host.end() == "exit 7");
  CHECK(host.out() == kSeesNothing);
  CHECK(host.err().empty());
  const std::vector<std::string> cpu = host.files("cpu", 4), heap = host.files("heap", 4);
  REQUIRE(cpu.size() == heap.size());
  int64_t first = 0, objects = 0, end_of_last = 0;
  for (size_t i = 0; i < cpu.size(); i++) {
    INFO(cpu[i]);
    CHECK(cpu[i].find(".cpu." + std::to_string(i + 1) + ".pb.gz") != std::string::npos);
    check_rules(cpu[i]);
    check_rules(heap[i]);
    const ProfileFile window(cpu[i]), all(heap[i]);
    // One begins where the one before ends.
    const int64_t start = window.proto().time_nanos();
    if (i > 0) CHECK(std::abs(start - end_of_last) < 100000000);
    end_of_last = start + window.proto().duration_nanos();
    CHECK(static_cast<double>(window.total("cpu")) / 1e9 < seconds(window) + 0.05);
    const int64_t now = all.containing("alloc_objects", "site_of_agent_host");
    // One may come right after the one before.
    CHECK(now >= objects);
    CHECK((i + 1 < cpu.size() || now > first));
    if (i == 0) first = now;
    objects = now;
    CHECK(all.containing("inuse_objects", "site_of_agent_host") <= 16);
  }
  CHECK(ProfileFile(cpu[1]).has_function("burn_of_agent_host"));
  CHECK(host.agents_end());
  CHECK(host.spool.files().empty());
}

TEST_CASE("deltas: counts are what is new, in-use values what is there now") {
  AgentVictim host({{"PROFILER_MODE", "heap"},
                    {"PROFILER_INTERVAL", "300ms"},
                    {"PROFILER_DELTA", "1"},
                    {"PROFILER_SIGNAL", "USR2"},
                    {"PROFILER_HEAP_RATE", "1"}});
  host.files("heap", 3);
  host.send(SIGUSR2);  // cumulative, and the deltas do not notice
  host.files("heap", 5);
  CHECK(host.end() == "exit 7");
  const std::vector<std::string> heap = host.files("heap", 5);
  int64_t begin_of_all_ns = 0, sum = 0, bytes_of_sum = 0, cumulative = 0, upper = 0;
  for (const std::string& path : heap) {
    const ProfileFile file(path);
    const int64_t objects = file.containing("alloc_objects", "site_of_agent_host");
    CHECK(file.containing("inuse_objects", "site_of_agent_host") <= 16);
    CHECK(file.containing("inuse_objects", "site_of_agent_host") > 0);
    // The host goes on meanwhile: a block's number and its size are added one after the other.
    const int64_t bytes = file.containing("alloc_space", "site_of_agent_host");
    CHECK(std::abs(bytes - 1000 * objects) <= 1000);
    // The one that a signal asked for is of the whole time since the start.
    const int64_t begin_ns = file.proto().time_nanos();
    if (&path == &heap.front()) begin_of_all_ns = begin_ns;
    if (&path != &heap.front() && begin_ns - begin_of_all_ns < 1000000) {
      CHECK(cumulative == 0);
      cumulative = objects;
      upper = sum;
    } else {
      sum += objects;
      bytes_of_sum += bytes;
    }
  }
  CHECK(bytes_of_sum == 1000 * sum);
  INFO("cumulative " << cumulative << ", deltas before it " << upper << ", all deltas " << sum);
  CHECK(cumulative > 0);
  CHECK(cumulative >= upper);
  CHECK(cumulative <= sum);
}

TEST_CASE("PROFILER_DELAY and PROFILER_DURATION: one file, of that stretch, long before the exit") {
  AgentVictim host(
      {{"PROFILER_MODE", "cpu,heap"}, {"PROFILER_DELAY", "300ms"}, {"PROFILER_DURATION", "500ms"}});
  const ProfileFile cpu(only(host.files("cpu", 1)));
  CHECK(seconds(cpu) > 0.49);
  CHECK(seconds(cpu) < 2);
  CHECK(static_cast<double>(cpu.total("cpu")) / 1e9 <= seconds(cpu) + 0.02);
  CHECK(cpu.has_function("burn_of_agent_host"));
  host.files("heap", 1);
  CHECK(host.end() == "exit 7");
  CHECK(host.output.files().size() == 2);
  CHECK(host.out() == kSeesNothing);
}

TEST_CASE(
    "signals: one writes, the other stops and starts, and the program's own calls are reported") {
  AgentVictim host({{"PROFILER_MODE", "cpu"},
                    {"PROFILER_START", "0"},
                    {"PROFILER_SIGNAL", "SIGUSR2"},
                    {"PROFILER_TOGGLE_SIGNAL", "USR1"}});
  CHECK(comes_true([&] { return !host.agents().empty() && !host.spool.files().empty(); }));
  sleep_ms(300);
  host.send(SIGUSR2);
  const ProfileFile idle(host.files("cpu", 1).at(0));
  CHECK(idle.proto().sample_size() == 0);
  CHECK(idle.all_comments().find("not armed") != std::string::npos);
  host.send(SIGUSR1);
  sleep_ms(500);
  host.send(SIGUSR1);
  sleep_ms(300);
  host.send(SIGUSR2);
  const ProfileFile on(host.files("cpu", 2).at(1));
  CHECK(on.has_function("burn_of_agent_host"));
  CHECK(seconds(on) > 0.4);
  CHECK(seconds(on) < 3);
  sleep_ms(300);
  CHECK(host.end() == "exit 7");
  const ProfileFile last(host.files("cpu", 3).at(2));
  CHECK(last.total("cpu") == on.total("cpu"));
}

TEST_CASE("a program that takes PROFILER_SIGNAL for itself has it, and one line says so") {
  TemporaryDirectory output;
  const std::string words =
      "import signal, os, sys\n"
      "print(signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL)\n"
      "signal.signal(signal.SIGUSR2, lambda *a: print('mine'))\n"
      "os.kill(os.getpid(), signal.SIGUSR2)\n";
  const Outcome ours =
      run(profiled({{"python3", "-c", words}}, "heap", output, {{"PROFILER_SIGNAL", "USR2"}}));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "True\nmine\n");
  INFO(ours.err);
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.err.find("PROFILER_SIGNAL: the program takes signal 12") != std::string::npos);
  CHECK(output.profiles("heap").size() == 1);
}

TEST_CASE("periodic files that cannot be written have one line, and one when they can be again") {
  TemporaryDirectory directory;
  const std::string gone = directory.path() + "/gone";
  const std::string aside = directory.path() + "/aside";
  std::filesystem::create_directory(gone);
  AgentVictim host({{"PROFILER_MODE", "heap"},
                    {"PROFILER_INTERVAL", "100ms"},
                    {"PROFILER_LOG", "error"},
                    {"PROFILER_OUTPUT", gone + "/%e.%p.%m.%n.pb.gz"}});
  const auto dumps = [&] { return std::distance(std::filesystem::directory_iterator(gone), {}); };
  REQUIRE(comes_true([&] { return dumps() > 0; }));
  std::filesystem::rename(gone, aside);
  REQUIRE(comes_true([&] { return host.err().find("cannot write ") != std::string::npos; }));
  sleep_ms(400);  // further tries have no line
  std::filesystem::create_directory(gone);
  REQUIRE(comes_true(
      [&] { return host.err().find("files can be written again") != std::string::npos; }));
  const std::string lines = host.err();
  CHECK(lines.find("cannot write ") == lines.rfind("cannot write "));
  CHECK(host.end() == "exit 7");
}

TEST_CASE("after a kill the agent makes the files of what was left, and ends") {
  AgentVictim host({{"PROFILER_MODE", "cpu,heap"}, {"PROFILER_INTERVAL", "200ms"}});
  host.files("cpu", 2);
  CHECK(host.killed() == "signal 9");
  CHECK(host.agents_end());
  CHECK(host.spool.files().empty());
  const ProfileFile last(host.files("cpu", 3).back());
  CHECK(last.all_comments().find("recovered: the process ended") != std::string::npos);
  CHECK(host.all_files("cpu").size() == host.all_files("heap").size());
}

TEST_CASE(
    "the agent keeps nothing of its host open, and is in a session and a directory of its own") {
  AgentVictim host({{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "200ms"}});
  host.files("cpu", 1);
  const std::vector<pid_t> agents = host.agents();
  REQUIRE(!agents.empty());
  for (const pid_t agent : agents) {
    CHECK(getsid(agent) != getsid(0));
    const std::string proc = "/proc/" + std::to_string(agent);
    CHECK(std::filesystem::read_symlink(proc + "/cwd") == "/");
    CHECK(read_file(proc + "/environ").find("LD_PRELOAD") == std::string::npos);
    for (const std::string& file : descriptors_of(agent)) {
      INFO(file);
      CHECK(file.find("/err") == std::string::npos);
      CHECK(file.find("/dev/pts") == std::string::npos);
      CHECK(file.find("pipe:") == std::string::npos);
    }
  }
  // Killed itself, it takes no other process with it.
  for (const pid_t agent : agents) kill(agent, SIGKILL);
  const size_t before = host.all_files("cpu").size();
  CHECK(host.end() == "exit 7");
  CHECK(host.out() == kSeesNothing);
  CHECK(host.all_files("cpu").size() == before + 1);
}

TEST_CASE("dump, start and stop work on a program without an agent") {
  AgentVictim host({{"PROFILER_MODE", "cpu,heap"}, {"PROFILER_HEAP_RATE", "1"}});
  const std::string pid = std::to_string(host.pid());
  CHECK(comes_true([&] { return run({{program(), "stop", pid}}).end() == "exit 0"; }));
  CHECK(run({{program(), "dump", pid}}).end() == "exit 0");
  const int64_t stopped = ProfileFile(only(host.output.profiles("heap"))).total("alloc_objects");
  sleep_ms(100);
  CHECK(run({{program(), "dump", pid}}).end() == "exit 0");
  CHECK(ProfileFile(host.files("heap", 2).at(1)).total("alloc_objects") == stopped);
  CHECK(run({{program(), "start", pid}}).end() == "exit 0");
  sleep_ms(300);
  CHECK(run({{program(), "dump", pid}}).end() == "exit 0");
  const ProfileFile heap(host.files("heap", 3).at(2)), cpu(host.files("cpu", 3).at(2));
  CHECK(heap.total("alloc_objects") > stopped);
  CHECK(heap.total("inuse_objects") <= 64);
  CHECK(cpu.has_function("burn_of_agent_host"));
  CHECK(host.agents().empty());
  CHECK(host.end() == "exit 7");
  CHECK(host.files("heap", 4).size() == 4);
}

TEST_CASE("dump of what records nothing is one line that says so") {
  for (const std::string pid : {"1", "4194303", "none"}) {
    const Outcome ours = run({{program(), "dump", pid}});
    CHECK(ours.end() == "exit 2");
    CHECK(ours.error_lines().size() == 1);
  }
}

namespace {

// A second as root, a second as nobody without any group.
Command gives_up_its_rights(const TemporaryDirectory& output) {
  const std::string words =
      "import os, time\n"
      "time.sleep(1); os.setgroups([]); os.setgid(65534); os.setuid(65534); time.sleep(1)\n";
  return profiled({{"python3", "-c", words}}, "heap", output,
                  {{"PROFILER_INTERVAL", "250ms"}, {"PROFILER_SYMBOLIZE", "none"}});
}

}  // namespace

TEST_CASE("of a program that gives up its rights the files stay its first user's") {
  if (geteuid() != 0) return skip("a program that gives up its rights", "needs root");
  TemporaryDirectory output;
  chmod(output.path().c_str(), 0777);
  const Outcome ours = run(gives_up_its_rights(output));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err.empty());
  const std::vector<std::string> files = output.files();
  REQUIRE(files.size() >= 3);
  for (const std::string& name : files) {
    struct stat status {};
    CHECK(stat((output / name).c_str(), &status) == 0);
    CHECK(status.st_uid == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

// The agent had kept root's groups, and looked up the process by a number that stood in its tables.
TEST_CASE("a program that gave up its rights gets no file into a directory of its former group") {
  if (geteuid() != 0) return skip("a program that gives up its rights", "needs root");
  TemporaryDirectory output;
  chmod(output.path().c_str(), 0775);
  const Outcome ours = run(gives_up_its_rights(output));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err.find("permission denied") != std::string::npos);
  const std::vector<std::string> files = output.files();
  REQUIRE(!files.empty());
  for (const std::string& name : files) CHECK(name.find("-2.pb.gz") == std::string::npos);
  CHECK(ours.err.find(files.back()) == std::string::npos);
}
