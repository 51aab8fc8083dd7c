// Stores that mean harm, and the proxies before them.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/e2e/push_store.h"

using namespace e2e;

TEST_CASE("a store that answers without end costs no memory, and ends with the program") {
  for (const char* kind : {"endless", "drops", "bomb", "heads", "interim"}) {
    INFO(kind);
    Store store(kind);
    AgentVictim host(pushing(store));
    sleep_ms(1500);
    std::vector<pid_t> agents = host.agents();
    REQUIRE(!agents.empty());
    const pid_t agent = *std::min_element(agents.begin(), agents.end());
    const std::string status = read_file("/proc/" + std::to_string(agent) + "/status");
    const int64_t anonymous = std::stoll(status.substr(status.find("RssAnon:") + 8));
    figure("a store that is hostile (%s): the agent has %lld KiB", kind,
           static_cast<long long>(anonymous));
    CHECK(anonymous < 16 << 10);
    CHECK(host.end() == "exit 7");
    CHECK(host.agents_end());
  }
}

TEST_CASE("what a store says cannot control the terminal, or pass for a line of ours") {
  Store store("controls");
  AgentVictim host(pushing(store));
  CHECK(comes_true([&] { return host.err().find("answers 400") != std::string::npos; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  const std::string said = host.err();
  CHECK(lines_of(said).size() == 1);
  CHECK(said.find("]0;owned") != std::string::npos);
  for (const char c : said.substr(0, said.size() - 1)) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("pushes go through the proxy of the environment, but not to this machine itself") {
  Store proxy;
  const std::string address = "http://127.0.0.1:" + std::to_string(proxy.port);
  AgentVictim host(
      pushing(proxy, {{"PROFILER_PUSH", "http://store.invalid/x"}, {"http_proxy", address}}));
  CHECK(comes_true([&] { return proxy.taken() >= 2; }));
  CHECK(host.end() == "exit 7");
  CHECK(proxy.facts("1")["path"] == "/x/ingest");
  Store here;
  AgentVictim other(pushing(here, {{"http_proxy", "http://127.0.0.1:9"}}));
  CHECK(comes_true([&] { return here.taken() >= 2; }));
  CHECK(other.end() == "exit 7");
}
