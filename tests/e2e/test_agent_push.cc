// What a fleet store gets, and what happens when it does not take it.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

class Store {
 public:
  explicit Store(const std::vector<std::string>& certificate = {}) {
    std::vector<std::string> words = {"python3", source("tests/e2e/push_server.py"), folder.path()};
    words.insert(words.end(), certificate.begin(), certificate.end());
    start(words);
  }
  // One that answers in a hostile way.
  explicit Store(const char* kind) {
    start({"python3", source("tests/e2e/hostile_store.py"), kind});
  }
  ~Store() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  size_t taken() const { return names(".json").size(); }
  std::vector<std::string> names(const std::string& ending) const {
    std::vector<std::string> found;
    for (const std::string& name : folder.files()) {
      if (name.ends_with(ending)) found.push_back(name.substr(0, name.size() - ending.size()));
    }
    std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
      return std::stoi(a) < std::stoi(b);
    });
    return found;
  }
  nlohmann::json facts(const std::string& name) const {
    return nlohmann::json::parse(read_file(folder / (name + ".json")));
  }
  ProfileFile profile(const std::string& name) const {
    return ProfileFile(folder / (name + ".pb.gz"));
  }
  // By the profiles of heap together.
  int64_t allocated() const {
    int64_t objects = 0;
    for (const std::string& name : names(".json")) {
      const ProfileFile heap = profile(name);
      if (heap.sample_types().size() != 4) continue;
      objects += heap.containing("alloc_objects", "site_of_agent_host");
    }
    return objects;
  }
  TemporaryFolder folder;
  int port = 0;

 private:
  void start(std::vector<std::string> words) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], 1);
      std::vector<char*> arguments;
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    close(ends[1]);
    char text[16] = "";
    if (read(ends[0], text, sizeof text - 1) > 0) port = atoi(text);
    close(ends[0]);
  }

  pid_t pid_ = 0;
};

Environment pushing(const Store& store, const Environment& more = {}) {
  Environment all = {
      {"PROFILER_PUSH", "http://me:p%40ss@127.0.0.1:" + std::to_string(store.port) + "/x/"},
      {"PROFILER_MODE", "cpu,heap"},
      {"PROFILER_HEAP_RATE", "1"},
      {"PROFILER_INTERVAL", "200ms"},
      {"PROFILER_LABELS", "service_name=shop,zone=b,odd key=a=b"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

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
      CHECK(read_file(store.folder / (name + ".config")).find("average") != std::string::npos);
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
  write_file(store.folder / "status", "503");
  AgentVictim host(pushing(store, {{"PROFILER_MODE", "heap"}}));
  sleep_ms(1500);
  CHECK(store.taken() == 0);
  unlink((store.folder / "status").c_str());
  CHECK(comes_true([&] { return store.taken() >= 8; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(host.err() == "profiler: PROFILER_PUSH to http://127.0.0.1:" + std::to_string(store.port) +
                          ": the server answers 503: not today\n");
  CHECK(store.allocated() == allocated_by(host));
}

TEST_CASE("what a store refuses is not sent again, and one line says why") {
  Store store;
  write_file(store.folder / "status", "401");
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
  write_file(store.folder / "status", "422 failed invalid_argument: labels of NAME");
  AgentVictim host(pushing(store));
  CHECK(comes_true([&] { return !host.err().empty(); }));
  sleep_ms(600);
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(lines_of(host.err()).size() == 1);
}

TEST_CASE("a Pyroscope server that ends says 422 of every profile, and gets it when it is back") {
  Store store;
  write_file(store.folder / "status", "422 unknown: at least 1 live replicas required");
  AgentVictim host(pushing(store, {{"PROFILER_MODE", "heap"}}));
  CHECK(comes_true([&] { return !host.err().empty(); }));
  unlink((store.folder / "status").c_str());
  CHECK(comes_true([&] { return store.taken() >= 4; }));
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(store.allocated() == allocated_by(host));
}

TEST_CASE("a profile that a Pyroscope server finds invalid is not sent again") {
  Store store;
  write_file(store.folder / "status", "422 failed invalid_argument: labels");
  AgentVictim host(pushing(store, {{"PROFILER_MODE", "heap"}}));
  CHECK(comes_true([&] { return !host.err().empty(); }));
  unlink((store.folder / "status").c_str());
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
  TemporaryFolder keys;
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
