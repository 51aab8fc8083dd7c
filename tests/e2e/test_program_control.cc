// profiler_start, profiler_stop and profiler_dump: a program that governs its own profiles.
#include <signal.h>

#include <catch2/catch.hpp>
#include <future>

#include "tests/e2e/agent_http.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

constexpr const char* kSaid =
    "stop heap: ok\nstart: ok\ndump heap: ok\ndump my things: ok\ndump all: ok\n"
    "dump cpu: Invalid argument\ndump all to one: Invalid argument\n"
    "start nonsense: Invalid argument\nstop cpu: Invalid argument\n"
    "dump to nowhere: No such file or directory\n";

// Of the sites, each a block of 1001 bytes and on: those that the profile has.
std::string sites_of(const ProfileFile& profile) {
  std::string found;
  const char* const sites[] = {"site_at_first", "site_while_stopped", "site_while_started",
                               "site_after_dump"};
  for (size_t i = 0; i < 4; i++) {
    if (profile.at_leaf("alloc_space", sites[i]) == 1001 + static_cast<int>(i)) {
      found += std::to_string(i);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("a program stops, starts and dumps its own profiles, named, and goes on recording") {
  TemporaryDirectory output, asked;
  const Outcome ours = run(profiled({{target("controls_itself"), asked.path()}}, "heap,custom",
                                    output, {{"PROFILER_HEAP_RATE", "1"}}));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == kSaid);
  CHECK(sites_of(ProfileFile(asked / "asked.pb.gz")) == "02");
  const ProfileFile mine(asked / "mine.pb.gz");
  CHECK(mine.total("my things") == 1);
  CHECK(mine.containing("my things", "main") == 1);
  // One by profiler_dump, one at the end.
  const auto heaps = output.profiles("heap");
  REQUIRE(heaps.size() + output.profiles("heap.2").size() == 2);
  CHECK(sites_of(ProfileFile(heaps[0])) == "02");
  CHECK(sites_of(ProfileFile(only(output.profiles("heap.2")))) == "023");
}

TEST_CASE("a program that was not to record yet starts it, and the agent keeps the books") {
  TemporaryDirectory output, asked;
  const Outcome ours =
      run(profiled({{target("controls_itself"), asked.path()}}, "heap,custom", output,
                   {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_START", "0"}}));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == kSaid);
  CHECK(sites_of(ProfileFile(asked / "asked.pb.gz")) == "2");
}

TEST_CASE("a dump to a relative path has names, and the next one to it takes its place") {
  TemporaryDirectory output, asked;
  Command command = profiled({{target("dumps_again"), asked.path()}}, "heap", output,
                             {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_SYMBOLIZE_TIME", "60s"}});
  const Outcome ours = run(command);
  CHECK(ours.out == "0 0\n");
  CHECK(ours.err.empty());
  REQUIRE(asked.files() == std::vector<std::string>{"dumped.pb.gz"});
  const ProfileFile dumped(asked / "dumped.pb.gz");
  CHECK(dumped.has_function("site_before"));
  CHECK(dumped.has_function("site_between"));
}

TEST_CASE("a dump that fails at each call says why at the first one") {
  TemporaryDirectory output, asked;
  const Outcome ours =
      run(profiled({{target("dumps_again"), asked.path(), "missing/a.pb.gz"}}, "heap", output));
  CHECK(ours.out == "2 2\n");
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.err.find("cannot write ") != std::string::npos);
  CHECK(output.profiles("heap").size() == 1);
}

TEST_CASE("without the profiler, and in a process that is not recorded, these calls do nothing") {
  const std::string bare = run({{target("controls_itself")}}).out;
  CHECK(bare.find("stop heap: ok\nstart: ok\ndump heap: ok\n") == 0);
  TemporaryDirectory output, asked;
  const Outcome ours = run(profiled({{target("controls_itself"), asked.path()}}, "heap", output,
                                    {{"PROFILER_ONLY", "another"}}));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out.find("stop heap: No such process\n") == 0);
  CHECK(asked.files().empty());
}

TEST_CASE("a program that stops one mode leaves another to the client that records it") {
  AgentVictim host(serving({{"PROFILER_MODE", "cpu,heap"}}), false, {}, "stops_another");
  const int port = port_of(host);
  const auto is_armed = [port](const std::string& mode) {
    const std::string facts = HttpClient(port).get(std::string(kBase) + "?format=json").body;
    const size_t at = facts.find("\"name\":\"" + mode + "\"");
    REQUIRE(at != std::string::npos);
    const size_t own = facts.rfind('{', at);  // keys come in the order of the alphabet
    return facts.substr(own, at - own).find("\"armed\":true") != std::string::npos;
  };
  REQUIRE(comes_true([&] { return host.out().find("stop cpu: 0") != std::string::npos; }));
  CHECK_FALSE(is_armed("cpu"));
  auto answer = std::async(std::launch::async, [port] {
    return HttpClient(port).ask(std::string(kBase) + "profile?seconds=3");
  });
  REQUIRE(comes_true([&] { return is_armed("cpu"); }));
  host.send(SIGUSR1);
  REQUIRE(comes_true([&] { return host.out().find("stop heap: 0") != std::string::npos; }));
  CHECK(answer.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  CHECK(is_armed("cpu"));
  CHECK_FALSE(is_armed("heap"));
  REQUIRE(answer.get());
  CHECK(comes_true([&] { return !is_armed("cpu"); }));
  CHECK(host.end() == "exit 7");
}
