// Every thread of a process that runs on: by a client, in files at intervals, and where nothing
// runs.
#include <filesystem>
#include <future>

#include "tests/e2e/agent_http.h"
#include "tests/e2e/thread_rows.h"

using namespace e2e;

namespace {

// roll_call, which stays until it is asked to end.
std::vector<std::string> stays(const std::string& idle_threads) {
  return {"sh", "-c", "exec " + target("roll_call") + " " + idle_threads + " \"$1\""};
}

size_t threads_of(pid_t pid) {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(pid) + "/task", error);
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

bool are_there(const AgentVictim& host, size_t threads) {
  return comes_true([&] { return host.out() == "done\n" && threads_of(host.pid()) == threads; });
}

}  // namespace

TEST_CASE("a client gets every thread as often as it asks, by either name") {
  AgentVictim host(serving(), false, stays("0"));
  HttpClient client(port_of(host));
  REQUIRE(are_there(host, 10));
  TemporaryDirectory directory;
  for (const std::string name : {"threads", "goroutine", "threads"}) {
    INFO(name);
    check_thread_snapshot(profile_of(client.get(kBase + name), directory));
  }
  const std::string text = client.get(std::string(kBase) + "goroutine?debug=2").body;
  CHECK_THAT(text, Catch::StartsWith("goroutine ") &&
                       Catch::Contains(", spins]:\nspins(...)\n\t") &&
                       Catch::Contains(" [mutex, locks]:\n"));
  CHECK_THAT(client.get(std::string(kBase) + "?format=json").body,
             Catch::Contains("\"count\":10,\"name\":\"threads\""));
  CHECK(host.end() == "exit 0");
}

TEST_CASE("two clients at once each get all") {
  AgentVictim host(serving(), false, stays("200"));
  const int port = port_of(host);
  REQUIRE(are_there(host, 210));
  const auto ask = [port] {
    return std::async(std::launch::async,
                      [port] { return HttpClient(port).get(std::string(kBase) + "threads"); });
  };
  auto one = ask(), other = ask();
  TemporaryDirectory directory;
  for (auto* answer : {&one, &other}) {
    const ProfileFile profile = profile_of(answer->get(), directory);
    CHECK(profile.total("threads") == 210);
    CHECK(profile.containing("threads", "idle_main") == 200);
  }
  CHECK(host.end() == "exit 0");
}

TEST_CASE("a process in which no thread runs is described by the kernel alone") {
  AgentVictim host(serving(), false, {"sh", "-c", "exec sleep 300"});
  HttpClient client(port_of(host));
  REQUIRE(comes_true([&] {
    const std::string facts = client.get(std::string(kBase) + "?format=json").body;
    return facts.find("\"program\":\"sleep\"") != std::string::npos;
  }));
  sleep_ms(300);  // it has gone to sleep
  TemporaryDirectory directory;
  const ProfileFile profile = profile_of(client.get(std::string(kBase) + "threads"), directory);
  CHECK(profile.total("threads") == 1);
  CHECK(profile.at_leaf("threads", "[unknown]") == 1);
  CHECK(profile.string_label(profile.proto().sample(0), "thread") == "sleep");
  CHECK_THAT(profile.all_comments(), Catch::Contains("threads: 1 of 1 without a stack"));
  CHECK(host.killed() == "signal 9");
}

TEST_CASE("profiler dump has every thread of a process without an agent") {
  AgentVictim host({{"PROFILER_MODE", "threads"}}, false, stays("0"));
  REQUIRE(are_there(host, 10));
  CHECK(run({{program(), "dump", std::to_string(host.pid())}}).end() == "exit 0");
  std::vector<std::string> files = host.all_files("threads");
  std::erase_if(files, [](const std::string& file) { return file.find("roll_call") == file.npos; });
  check_thread_snapshot(ProfileFile(only(files)));
  CHECK(host.end() == "exit 0");
}

TEST_CASE("files at intervals have every thread of that moment, also when it is killed") {
  AgentVictim host({{"PROFILER_MODE", "threads"}, {"PROFILER_INTERVAL", "500ms"}}, false,
                   stays("0"));
  REQUIRE(are_there(host, 10));
  const size_t so_far = host.all_files("threads").size();
  check_thread_snapshot(ProfileFile(host.files("threads", so_far + 2).back()));
  CHECK(host.killed() == "signal 9");
  CHECK(host.agents_end());
  const ProfileFile last(host.all_files("threads").back());
  CHECK(last.total("threads") == 10);
}
