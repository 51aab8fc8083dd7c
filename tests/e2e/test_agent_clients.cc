// Clients of /debug/pprof/: several at once, those that leave, those that mean harm, and a browser.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

int64_t resident_kib(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find("VmRSS:");
  return at == std::string::npos ? 0 : std::stoll(status.substr(at + 6));
}

}  // namespace

TEST_CASE("profiles that clients ask for hold what ran while they waited, two at once") {
  AgentVictim host(serving());
  const int port = port_of(host);
  const auto ask = [port](const std::string& what) {
    return std::async(std::launch::async,
                      [port, what] { return HttpClient(port).get(kBase + what); });
  };
  auto two = ask("profile?seconds=2"), one = ask("profile?seconds=1"), heap = ask("heap?seconds=1");
  TemporaryDirectory directory;
  const ProfileFile long_one = profile_of(two.get(), directory);
  const ProfileFile short_one = profile_of(one.get(), directory);
  const ProfileFile blocks = profile_of(heap.get(), directory);
  CHECK(long_one.proto().duration_nanos() / 1000000000 == 2);
  CHECK(short_one.proto().duration_nanos() / 1000000000 == 1);
  CHECK(long_one.has_function("burn_of_agent_host"));
  CHECK(long_one.total("cpu") > short_one.total("cpu"));
  CHECK(blocks.containing("alloc_objects", "site_of_agent_host") > 100);
  // No client waits: nothing is recorded any more.
  HttpClient client(port);
  const auto before = client.get(std::string(kBase) + "heap").body;
  sleep_ms(200);
  const ProfileFile at_first = profile_of(client.get(std::string(kBase) + "heap"), directory);
  sleep_ms(200);
  const ProfileFile then = profile_of(client.get(std::string(kBase) + "heap"), directory);
  CHECK(at_first.total("alloc_objects") == then.total("alloc_objects"));
  CHECK(host.end() == "exit 7");
  CHECK(host.output.files().empty());  // PROFILER_MODE asked for none
  CHECK(host.agents_end());
}

TEST_CASE("a client that leaves early ends the wait, and the mode with it") {
  AgentVictim host(serving());
  HttpClient client(port_of(host));
  const auto is_armed = [&] {
    const std::string facts = client.get(std::string(kBase) + "?format=json").body;
    return facts.find("\"armed\":true") != std::string::npos;
  };
  const int leaver = connected(port_of(host));
  const std::string request =
      "GET /debug/pprof/profile?seconds=600 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  REQUIRE(write(leaver, request.data(), request.size()) > 0);
  CHECK(comes_true(is_armed));
  close(leaver);
  CHECK(comes_true([&] { return !is_armed(); }, 3000));
  CHECK(host.end() == "exit 7");
}

TEST_CASE("other processes of the tree are at /PID/debug/pprof/") {
  AgentVictim host(serving(), false, {"sh", "-c", "\"$0\" \"$@\" & wait"});
  HttpClient client(port_of(host));
  std::string facts;
  comes_true([&] {
    facts = client.get(std::string(kBase) + "?format=json").body;
    return facts.find("target_agent_host") != std::string::npos;
  });
  const size_t at = facts.find("target_agent_host");
  REQUIRE(at != std::string::npos);
  const size_t number = facts.rfind("\"pid\":", at);
  const std::string pid = std::to_string(std::stoi(facts.substr(number + 6)));
  TemporaryDirectory directory;
  CHECK(profile_of(client.get("/" + pid + kBase + "profile?seconds=1"), directory)
            .has_function("burn_of_agent_host"));
  CHECK(client.get("/4194303" + std::string(kBase) + "heap").status == 404);
  host.end();
}

TEST_CASE("asked by another name or for another site's page it refuses") {
  AgentVictim host(serving());
  const int port = port_of(host);
  HttpClient client(port);
  const auto status = [&](const HttpHeaders& headers) {
    return client.get(std::string(kBase) + "cmdline", headers).status;
  };
  const std::string own = "127.0.0.1:" + std::to_string(port);
  CHECK(status({{"Host", "evil.example"}}) == 403);
  CHECK(status({{"Host", "evil.example:" + std::to_string(port)}}) == 403);
  CHECK(status({{"Host", "localhost.evil.example"}}) == 403);
  CHECK(status({{"Host", "localhost"}}) == 200);
  CHECK(status({{"Host", own}}) == 200);
  CHECK(status({{"Host", own}, {"Origin", "http://evil.example"}}) == 403);
  CHECK(status({{"Host", own}, {"Origin", "null"}}) == 403);
  CHECK(status({{"Host", own}, {"Origin", "http://" + own}}) == 200);
  CHECK(status({{"Host", own}, {"Sec-Fetch-Site", "cross-site"}}) == 403);
  CHECK(status({{"Host", own}, {"Sec-Fetch-Site", "same-origin"}}) == 200);
  for (const std::string path :
       {"/../etc/passwd", "/%2e%2e/etc/passwd", "/debug/pprof/../../etc/passwd",
        "/debug/pprof/%2fetc%2fpasswd", "//etc/passwd"}) {
    INFO(path);
    CHECK(client.get(path, {{"Host", own}}).status == 404);
  }
  CHECK(host.end() == "exit 7");
}

TEST_CASE("a unix socket is its user's alone, and goes with the agent") {
  TemporaryDirectory directory;
  const std::string path = directory / "socket";
  AgentVictim host(serving({{"PROFILER_HTTP", "unix:" + path}}));
  struct stat status {};
  CHECK(comes_true([&] { return stat(path.c_str(), &status) == 0; }));
  CHECK((status.st_mode & 0777) == 0600);
  const Outcome ours = run({{"curl", "-s", "--unix-socket", path, "http://x/debug/pprof/cmdline"}});
  CHECK(ours.out.find("target_agent_host") != std::string::npos);
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(stat(path.c_str(), &status) != 0);
}

TEST_CASE("an address that is taken is one line, and the program runs on") {
  AgentVictim first(serving());
  const std::string taken = std::to_string(port_of(first));
  AgentVictim second(serving({{"PROFILER_HTTP", taken}, {"PROFILER_LOG", "error"}}));
  CHECK(comes_true([&] { return !second.err().empty(); }));
  CHECK(second.err() ==
        "profiler: PROFILER_HTTP: cannot listen at " + taken + ": Address already in use\n");
  CHECK(second.end() == "exit 7");
}

TEST_CASE("connections without end, huge heads and random bytes: bounded, and it still answers") {
  AgentVictim host(serving({{"PROFILER_MODE", "cpu"}}));
  const int port = port_of(host);
  std::vector<pid_t> agents = host.agents();
  REQUIRE(!agents.empty());
  const pid_t agent = *std::min_element(agents.begin(), agents.end());
  const int64_t before = resident_kib(agent);
  std::vector<int> open_ones;
  for (int i = 0; i < 10000; i++) {
    const int client = connected(port);
    if (client < 0) continue;
    const std::string part = i % 2 == 0 ? "GET /debug/pprof/ HTTP/1.1\r\nHost: lo" : "";
    if (!part.empty() && send(client, part.data(), part.size(), MSG_NOSIGNAL) < 0)
      close(client);
    else
      open_ones.push_back(client);
    if (open_ones.size() > 500) {
      close(open_ones.front());
      open_ones.erase(open_ones.begin());
    }
  }
  CHECK(HttpClient(port).get(std::string(kBase) + "cmdline").status == 200);
  for (const int other : open_ones) close(other);
  const int liar = connected(port);
  const std::string line = "X-Header: " + std::string(4000, 'x') + "\r\n";
  std::string head = "GET /debug/pprof/ HTTP/1.1\r\n";
  size_t sent = 0;
  while (sent < (100u << 20)) {
    const ssize_t n = send(liar, head.data(), head.size(), MSG_NOSIGNAL);
    if (n < 0) break;
    sent += static_cast<size_t>(n);
    head = line;
  }
  CHECK(sent < (10u << 20));  // it hangs up
  close(liar);
  std::mt19937 random(1);
  for (int i = 0; i < 200; i++) {
    const int mad = connected(port);
    std::string bytes(random() % 4000, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    send(mad, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    close(mad);
  }
  HttpClient client(port);
  CHECK(client.get(std::string(kBase) + "cmdline").status == 200);
  const int64_t grown = resident_kib(agent) - before;
  figure("10,000 connections, a head of 100 MB, random bytes: the agent has %lld KiB more",
         static_cast<long long>(grown));
  CHECK(grown < 32 << 10);
  CHECK(host.end() == "exit 7");
}

TEST_CASE(
    "the page counts the descriptors that are open, and nothing of a mode that does not record") {
  const std::string opens = "while kill -0 $! 2>/dev/null; do exec 9</dev/null; exec 9<&-; done";
  AgentVictim host(serving({{"PROFILER_MODE", "fd"}}), false,
                   {"sh", "-c", "\"$0\" \"$@\" & " + opens + "; wait $!"});
  HttpClient client(port_of(host));
  const auto mode = [&](const std::string& name) {
    const auto facts = nlohmann::json::parse(client.get(std::string(kBase) + "?format=json").body);
    for (const auto& each : facts["modes"]) {
      if (each["name"] == name) return each;
    }
    return nlohmann::json();
  };
  REQUIRE(mode("fd")["count"].is_number());
  sleep_ms(500);  // for thousands of them, which are closed again
  const auto fd = mode("fd");
  CHECK(fd["count"].get<int>() < 100);
  CHECK(fd["of"] == "open");
  CHECK(fd["armed"] == true);
  for (const char* name : {"block", "heap", "allocs", "cpu"}) {
    INFO(name);
    CHECK(mode(name)["count"].is_null());
    CHECK(mode(name)["armed"] == false);
  }
  CHECK(mode("threads")["count"] == 1);
  CHECK(host.end() == "exit 7");
}

TEST_CASE("the page's form of a profile has each sample's labels, and a function's lines") {
  AgentVictim host(serving({{"PROFILER_MODE", "wall"}, {"PROFILER_LABELS", "mark=<img src=x>"}}),
                   true);
  HttpClient client(port_of(host));
  sleep_ms(200);
  const auto wall =
      nlohmann::json::parse(client.get(std::string(kBase) + "wall?seconds=1&format=json").body);
  REQUIRE(!wall["samples"].empty());
  for (const auto& sample : wall["samples"]) {
    std::map<std::string, std::string> labels;
    for (const size_t i : sample["l"]) labels[wall["labels"][i][0]] = wall["labels"][i][1];
    CHECK(labels["mark"] == "<img src=x>");
    CHECK(labels["thread"] == "target_agent_ho");
    CHECK(!labels["state"].empty());
  }
  bool has_line = false;
  for (size_t i = 0; i < wall["names"].size(); i++) {
    const std::string place = wall["places"][i];
    has_line |= wall["names"][i] == "main" && place.find("agent_host.c:") != std::string::npos;
  }
  CHECK(has_line);
  CHECK(host.end() == "exit 7");
}

TEST_CASE("the page records, draws, zooms, turns, searches and shows the heap in a browser") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}));
  const std::string url = "http://127.0.0.1:" + std::to_string(port_of(host)) + kBase;
  const Outcome ours = run(
      {{"python3", source("tests/e2e/click_page.py"), url, "burn_of_agent_host"}, {}, {}, {}, 120});
  if (ours.end() == "exit 77") return skip("the page in a browser", "chromium and chromedriver");
  INFO(ours.err);
  CHECK(ours.end() == "exit 0");
  CHECK(host.end() == "exit 7");
}

TEST_CASE("on 420 pixels the page filters, keeps its selection, shows waits and says what fails") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"},
                            {"PROFILER_LABELS", "mark=<img src=x onerror=window.hurt=1>"}}),
                   true);
  const std::string url = "http://127.0.0.1:" + std::to_string(port_of(host)) + kBase;
  const Outcome ours = run(
      {{"python3", source("tests/e2e/click_page.py"), "--narrow", url, "main"}, {}, {}, {}, 120});
  if (ours.end() == "exit 77")
    return skip("the narrow page in a browser", "chromium and chromedriver");
  INFO(ours.err);
  CHECK(ours.end() == "exit 0");
  CHECK(host.end() == "exit 7");
}
