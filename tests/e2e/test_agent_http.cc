// /debug/pprof/ beside Go's own server, endpoint by endpoint.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

// Go's own server, in a process of its own.
class GoServer {
 public:
  GoServer() {
    const std::string binary = directory_ / "server";
    const Outcome built =
        run({{"go", "build", "-o", binary, source("tests/targets/pprof_server.go")},
             {{"GOCACHE", directory_ / "cache"}, {"GOFLAGS", "-mod=mod"}},
             directory_.path(),
             {},
             240});
    if (built.end() != "exit 0") return;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], 1);
      execl(binary.c_str(), binary.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    char text[16] = "";
    if (read(ends[0], text, sizeof text - 1) > 0) port = atoi(text);
    close(ends[0]);
  }
  ~GoServer() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  GoServer(const GoServer&) = delete;
  GoServer& operator=(const GoServer&) = delete;
  int port = 0;

 private:
  TemporaryDirectory directory_;
  pid_t pid_ = 0;
};

// The line of a text form that names its kind, numbers made alike.
std::string shape(const std::string& body) {
  std::string line = body.substr(0, body.find('\n'));
  std::string out;
  for (const char c : line) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) out += c;
    if (digit && (out.empty() || out.back() != 'N')) out += 'N';
  }
  return out;
}

void compare(HttpClient& ours, HttpClient& gos, const std::string& path,
             const std::string& method) {
  INFO(method << " " << path);
  const auto ask = [&](HttpClient& client) { return client.ask(path, method); };
  auto later = std::async(std::launch::async, [&] { return ask(gos); });
  const std::optional<HttpResponse> a = ask(ours);
  const std::optional<HttpResponse> b = later.get();
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->status == b->status);
  for (const char* header : {"Content-Type", "Content-Disposition", "X-Go-Pprof",
                             "X-Content-Type-Options", "Location"}) {
    INFO(header);
    if (b->status == 301 && std::string(header) != "Location") continue;
    CHECK(a->header(header) == b->header(header));
  }
  if (b->status >= 400) CHECK(a->body == b->body);
  const bool gzip = b->body.starts_with("\x1f\x8b");
  CHECK(a->body.starts_with("\x1f\x8b") == gzip);
  if (b->status == 200 && path.find("debug=") != std::string::npos && !gzip) {
    // The weights are in the values (contract): no rate stands behind heap's @.
    std::string expected = shape(b->body);
    const size_t at = expected.find("@ heap/");
    if (at != std::string::npos) expected = expected.substr(0, at) + "@ heapprofile";
    // Threads have names.
    const std::string unnamed = "goroutine N [running";
    const bool is_stacks = expected == unnamed + "]:";
    CHECK((is_stacks ? shape(a->body).substr(0, unnamed.size()) + "]:" : shape(a->body)) ==
          expected);
  }
}

}  // namespace

TEST_CASE("every endpoint and parameter answers as net/http/pprof does") {
  const GoServer go;
  if (go.port == 0) return skip("the comparison with Go's server", "go cannot build it here");
  AgentVictim host(serving({{"PROFILER_MODE", "cpu,heap,block,mutex,threadcreate"}}));
  HttpClient ours(port_of(host)), gos(go.port);
  std::vector<std::string> paths = {"cmdline",
                                    "symbol",
                                    "symbol?0x1+0x2",
                                    "profile?seconds=1",
                                    "profile?seconds=1&debug=1",
                                    "cpu",
                                    "cpu?debug=1",
                                    "nonsense",
                                    "nonsense?seconds=1",
                                    "nonsense?debug=1",
                                    "heap?gc=1",
                                    "heap?gc=1&debug=1",
                                    "heap/",
                                    "heap?seconds=1&seconds=x"};
  for (const std::string name : {"heap", "allocs", "block", "mutex", "threadcreate", "goroutine"}) {
    for (const std::string query :
         {"", "?debug=0", "?debug=1", "?debug=2", "?debug=-1", "?debug=x", "?debug=", "?seconds=1",
          "?seconds=", "?seconds=0", "?seconds=-1", "?seconds=x", "?seconds=1.5",
          "?seconds=1&debug=1", "?seconds=1&debug=0", "?seconds=0&debug=1", "?other=1",
          "?debug=1&debug=0"}) {
      paths.push_back(name + query);
    }
  }
  for (const std::string& path : paths) compare(ours, gos, kBase + path, "GET");
  for (const std::string path : {"heap", "cmdline", "nonsense", "heap?debug=1"}) {
    compare(ours, gos, kBase + path, "HEAD");
  }
  for (const std::string path : {"/debug/pprof", "/debug", "/other", "/debug/other/heap"}) {
    compare(ours, gos, path, "GET");
  }
  CHECK(host.end() == "exit 7");
}

TEST_CASE("delta_heap gives what is new since the last request, in-use as it is") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}));
  HttpClient client(port_of(host));
  TemporaryDirectory directory;
  const std::string path = std::string(kBase) + "delta_heap";
  const ProfileFile first = profile_of(client.get(path), directory);
  sleep_ms(100);
  const ProfileFile second = profile_of(client.get(path), directory);
  const ProfileFile all = profile_of(client.get(std::string(kBase) + "heap"), directory);
  const auto objects = [](const ProfileFile& p) {
    return p.containing("alloc_objects", "site_of_agent_host");
  };
  CHECK(objects(second) > 0);
  CHECK(objects(first) + objects(second) <= objects(all));
  CHECK(second.containing("inuse_objects", "site_of_agent_host") <= 16);
  CHECK(second.containing("inuse_objects", "site_of_agent_host") > 0);
  CHECK(second.proto().duration_nanos() == 0);
  CHECK(client.get(path).header("Content-Disposition") == "attachment; filename=\"heap.pprof.gz\"");
  CHECK(client.get(std::string(kBase) + "delta_block").status == 200);
  CHECK(host.end() == "exit 7");
}

TEST_CASE("symbol names the addresses of the program, asked by GET and by POST") {
  AgentVictim host(serving({{"PROFILER_MODE", "cpu"}}));
  HttpClient client(port_of(host));
  TemporaryDirectory directory;
  const ProfileFile cpu =
      profile_of(client.get(std::string(kBase) + "profile?seconds=1"), directory);
  char address[32] = "";
  for (const auto& location : cpu.proto().location()) {
    const auto& function = cpu.proto().function(
        static_cast<int>(location.line(location.line_size() - 1).function_id()) - 1);
    if (cpu.text(function.name()) != "burn_of_agent_host") continue;
    snprintf(address, sizeof address, "%#lx", location.address());
  }
  const std::string expected = "num_symbols: 1\n" + std::string(address) + " burn_of_agent_host\n";
  // As go tool pprof does.
  const std::string url = "http://127.0.0.1:" + std::to_string(port_of(host)) + kBase;
  CHECK(run({{"curl", "-s", url + "symbol?0x1+" + address}}).out == expected);
  const auto posted =
      client.ask(std::string(kBase) + "symbol", "POST", {}, "0x1+" + std::string(address));
  REQUIRE(posted);
  CHECK(posted->body == expected);
  const auto refused = client.ask(std::string(kBase) + "heap", "POST", {}, "x");
  REQUIRE(refused);
  CHECK(refused->status == 405);
  CHECK(host.end() == "exit 7");
}
