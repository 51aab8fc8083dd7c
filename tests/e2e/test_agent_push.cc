// What a fleet store gets, and what happens when it does not take it.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/e2e/push_store.h"

using namespace e2e;

namespace {

int64_t allocated_by(const AgentVictim& host) {
  return ProfileFile(only(host.output.profiles("heap")))
      .containing("alloc_objects", "site_of_agent_host");
}

}  // namespace

TEST_CASE("what is pushed: deltas with names and labels, one after the other, up to the last") {
  Store store;
  AgentVictim host(pushing(store));
  CHECK(comes_true([&] { return store.taken() >= 6; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  uint64_t cpu_until = 0;
  bool has_names = false;
  for (const std::string& name : store.names(".json")) {
    const nlohmann::json facts = store.facts(name);
    INFO(facts.dump());
    CHECK(facts["path"] == "/x/ingest");
    CHECK(facts["user"] == "me:p@ss");
    CHECK(facts["spyName"] == "libprofiler");
    const std::string series = facts["name"];
    CHECK(series.starts_with("shop{__session_id__="));
    CHECK(series.ends_with(",odd_key=a_b,zone=b}"));
    const ProfileFile profile = store.profile(name);
    const uint64_t from = std::stoull(facts["from"].get<std::string>());
    const uint64_t until = std::stoull(facts["until"].get<std::string>());
    CHECK(from < until);
    if (profile.sample_types().size() == 4) {
      CHECK(profile.containing("inuse_objects", "site_of_agent_host") <= 16);
      CHECK(read_file(store.directory / (name + ".config")).find("average") != std::string::npos);
    } else {
      CHECK(from >= cpu_until);  // a stretch without a sample is not sent
      cpu_until = until;
      has_names = has_names || profile.has_function("burn_of_agent_host");
    }
  }
  CHECK(has_names);
  // Nothing twice, nothing missing: what was pushed is what the file of the end has.
  CHECK(store.allocated() == allocated_by(host));
}

TEST_CASE(
    "labels that break a Pyroscope server's rules are changed, or it refuses the profile whole") {
  Store store;
  AgentVictim host(pushing(store, {{"PROFILER_LABELS", "service_name=a/b,odd key=1,a.b=2,1st=x"}}));
  CHECK(comes_true([&] { return store.taken() >= 2; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  for (const std::string& name : store.names(".json")) {
    const std::string series = store.facts(name)["name"];
    CHECK(series.starts_with("a_b{_1st=x,__session_id__="));
    CHECK(series.ends_with(",a_b=2,odd_key=1}"));
    const ProfileFile profile = store.profile(name);
    for (const auto& sample : profile.proto().sample()) {
      CHECK(profile.string_label(sample, "_1st") == "x");
      CHECK(profile.string_label(sample, "a_b") == "2");
      CHECK(profile.string_label(sample, "odd_key") == "1");
      for (const auto& label : sample.label()) CHECK(profile.text(label.key()) != "odd key");
    }
  }
}

TEST_CASE("a store that is away gets all when it comes back, and one line tells of it") {
  Store store;
  write_file(store.directory / "status", "503");
  AgentVictim host(pushing(store, {{"PROFILER_MODE", "heap"}}));
  sleep_ms(1500);
  CHECK(store.taken() == 0);
  unlink((store.directory / "status").c_str());
  CHECK(comes_true([&] { return store.taken() >= 8; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(host.err() == "profiler: PROFILER_PUSH to http://127.0.0.1:" + std::to_string(store.port) +
                          ": the server answers 503: not today\n");
  CHECK(store.allocated() == allocated_by(host));
}

TEST_CASE("what a store refuses is not sent again, and one line says why") {
  Store store;
  write_file(store.directory / "status", "401");
  AgentVictim host(pushing(store));
  CHECK(comes_true([&] { return !host.err().empty(); }));
  sleep_ms(600);
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(host.err().find("the server answers 401: not today\n") != std::string::npos);
  CHECK(lines_of(host.err()).size() == 1);
}

TEST_CASE("a store that names each profile it refuses is quoted once") {
  Store store;
  write_file(store.directory / "status", "422 failed invalid_argument: labels of NAME");
  AgentVictim host(pushing(store));
  CHECK(comes_true([&] { return !host.err().empty(); }));
  sleep_ms(600);
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(lines_of(host.err()).size() == 1);
}

TEST_CASE("a Pyroscope server that ends says 422 of every profile, and gets it when it is back") {
  Store store;
  write_file(store.directory / "status", "422 unknown: at least 1 live replicas required");
  AgentVictim host(pushing(store, {{"PROFILER_MODE", "heap"}}));
  CHECK(comes_true([&] { return !host.err().empty(); }));
  unlink((store.directory / "status").c_str());
  CHECK(comes_true([&] { return store.taken() >= 4; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(store.allocated() == allocated_by(host));
}

TEST_CASE("a profile that a Pyroscope server finds invalid is not sent again") {
  Store store;
  write_file(store.directory / "status", "422 failed invalid_argument: labels");
  AgentVictim host(pushing(store, {{"PROFILER_MODE", "heap"}}));
  CHECK(comes_true([&] { return !host.err().empty(); }));
  unlink((store.directory / "status").c_str());
  CHECK(comes_true([&] { return store.taken() >= 2; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(store.allocated() < allocated_by(host));
}

TEST_CASE("a store that does not answer delays no exit") {
  AgentVictim host({{"PROFILER_PUSH", "http://127.0.0.1:9"},
                    {"PROFILER_MODE", "cpu"},
                    {"PROFILER_INTERVAL", "100ms"}});
  CHECK(comes_true([&] { return host.err().find("no answer") != std::string::npos; }));
  const Outcome before = run({{"true"}});
  const auto start = std::chrono::steady_clock::now();
  CHECK(host.end() == "exit 7");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(4));
  CHECK(host.agents_end());
}

TEST_CASE("https: to a server whose certificate is trusted, and to no other") {
  TemporaryDirectory keys;
  const Outcome made =
      run({{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", keys / "key",
            "-out", keys / "certificate"}});
  if (made.end() != "exit 0") return skip("https", "openssl makes no certificate here");
  Store store({keys / "certificate", keys / "key"});
  const std::string url = "https://localhost:" + std::to_string(store.port);
  {
    AgentVictim host(pushing(store, {{"PROFILER_PUSH", url}}));
    CHECK(comes_true([&] { return !host.err().empty(); }));
    host.end();
    CHECK(host.agents_end());
    CHECK(store.taken() == 0);
  }
  AgentVictim host(
      pushing(store, {{"PROFILER_PUSH", url}, {"SSL_CERT_FILE", keys / "certificate"}}));
  CHECK(comes_true([&] { return store.taken() >= 2; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.err().empty());
}

TEST_CASE(
    "a host that is process 1 of its namespace, and takes its agent with it, has its last push") {
  if (run({{"unshare", "-mpf", "true"}}).end() != "exit 0") return skip("process 1", "namespaces");
  const Store store;
  AgentVictim host(pushing(store, {{"PROFILER_INTERVAL", "60s"},
                                   {"PROFILER_ONLY", "target_agent_host"},
                                   {"PROFILER_SYMBOLIZE_TIME", "20s"}}),
                   false, {"unshare", "--pid", "--fork", "--mount-proc"});
  CHECK(comes_true([&] { return !host.agents().empty(); }));
  sleep_ms(300);
  CHECK(store.taken() == 0);
  CHECK(host.end() == "exit 7");
  CHECK(store.allocated() > 0);
}
