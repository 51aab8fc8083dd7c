// /debug/pprof/ of any program, beside Go's own, and what hostile clients can do to it.
#include <fcntl.h>
#include <httplib.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <random>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

constexpr const char* kBase = "/debug/pprof/";

// The port that the line on stderr tells.
int port_of(const AgentVictim& host) {
  const std::string before = "serving http://127.0.0.1:";
  size_t at = std::string::npos;
  comes_true([&] { return (at = host.err().find(before)) != std::string::npos; });
  REQUIRE(at != std::string::npos);
  return std::stoi(host.err().substr(at + before.size()));
}

Environment serving(const Environment& more = {}) {
  Environment all = {
      {"PROFILER_HTTP", "127.0.0.1:0"}, {"PROFILER_LOG", "info"}, {"PROFILER_HEAP_RATE", "1"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

class Client {
 public:
  explicit Client(int port) : client_("127.0.0.1", port) { client_.set_read_timeout(60); }

  httplib::Response get(const std::string& path, const httplib::Headers& headers = {}) {
    const httplib::Result result = client_.Get(path.c_str(), headers);
    INFO(path);
    REQUIRE(result);
    return *result;
  }
  httplib::Client& raw() { return client_; }

 private:
  httplib::Client client_;
};

// Go's own server, in a process of its own.
class GoServer {
 public:
  GoServer() {
    const std::string binary = folder_ / "server";
    const Outcome built =
        run({{"go", "build", "-o", binary, source("tests/targets/pprof_server.go")},
             {{"GOCACHE", folder_ / "cache"}, {"GOFLAGS", "-mod=mod"}},
             folder_.path(),
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
  TemporaryFolder folder_;
  pid_t pid_ = 0;
};

ProfileFile profile_of(const httplib::Response& response, const TemporaryFolder& folder) {
  const std::string path = folder / "answer.cpu.pb.gz";
  write_file(path, response.body);
  return ProfileFile(path);
}

int64_t resident_kib(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find("VmRSS:");
  return at == std::string::npos ? 0 : std::stoll(status.substr(at + 6));
}

int connected(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0) return client;
  close(client);
  return -1;
}

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

void compare(Client& ours, Client& gos, const std::string& path, const std::string& method) {
  INFO(method << " " << path);
  const auto ask = [&](Client& client) {
    return method == "HEAD" ? client.raw().Head(path.c_str()) : client.raw().Get(path.c_str());
  };
  auto later = std::async(std::launch::async, [&] { return ask(gos); });
  const httplib::Result a = ask(ours);
  const httplib::Result b = later.get();
  REQUIRE(a);
  REQUIRE(b);
  CHECK(a->status == b->status);
  for (const char* header : {"Content-Type", "Content-Disposition", "X-Go-Pprof",
                             "X-Content-Type-Options", "Location"}) {
    INFO(header);
    if (b->status == 301 && std::string(header) != "Location") continue;
    CHECK(a->get_header_value(header) == b->get_header_value(header));
  }
  if (b->status >= 400) CHECK(a->body == b->body);
  const bool gzip = b->body.starts_with("\x1f\x8b");
  CHECK(a->body.starts_with("\x1f\x8b") == gzip);
  if (b->status == 200 && path.find("debug=") != std::string::npos && !gzip) {
    // The weights are in the values (contract): no rate stands behind heap's @.
    std::string expected = shape(b->body);
    const size_t at = expected.find("@ heap/");
    if (at != std::string::npos) expected = expected.substr(0, at) + "@ heapprofile";
    CHECK(shape(a->body) == expected);
  }
}

}  // namespace

TEST_CASE("every endpoint and parameter answers as net/http/pprof does") {
  const GoServer go;
  if (go.port == 0) return skip("the comparison with Go's server", "go cannot build it here");
  AgentVictim host(serving({{"PROFILER_MODE", "cpu,heap,block,mutex,threadcreate"}}));
  Client ours(port_of(host)), gos(go.port);
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
  for (const std::string name : {"heap", "allocs", "block", "mutex", "threadcreate"}) {
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

TEST_CASE("profiles that clients ask for hold what ran while they waited, two at once") {
  AgentVictim host(serving());
  const int port = port_of(host);
  const auto ask = [port](const std::string& what) {
    return std::async(std::launch::async, [port, what] {
      httplib::Client client("127.0.0.1", port);
      client.set_read_timeout(60);
      return *client.Get((kBase + what).c_str());
    });
  };
  auto two = ask("profile?seconds=2"), one = ask("profile?seconds=1"), heap = ask("heap?seconds=1");
  TemporaryFolder folder;
  const ProfileFile long_one = profile_of(two.get(), folder);
  const ProfileFile short_one = profile_of(one.get(), folder);
  const ProfileFile blocks = profile_of(heap.get(), folder);
  CHECK(long_one.proto().duration_nanos() / 1000000000 == 2);
  CHECK(short_one.proto().duration_nanos() / 1000000000 == 1);
  CHECK(long_one.has_function("burn_of_agent_host"));
  CHECK(long_one.total("cpu") > short_one.total("cpu"));
  CHECK(blocks.containing("alloc_objects", "site_of_agent_host") > 100);
  // Nobody waits: nothing is recorded any more.
  Client client(port);
  const auto before = client.get(std::string(kBase) + "heap").body;
  sleep_ms(200);
  const ProfileFile at_first = profile_of(client.get(std::string(kBase) + "heap"), folder);
  sleep_ms(200);
  const ProfileFile then = profile_of(client.get(std::string(kBase) + "heap"), folder);
  CHECK(at_first.total("alloc_objects") == then.total("alloc_objects"));
  CHECK(host.end() == "exit 7");
  CHECK(host.output.files().empty());  // PROFILER_MODE asked for none
  CHECK(host.agents_end());
}

TEST_CASE("a client that leaves early ends the wait, and the mode with it") {
  AgentVictim host(serving());
  Client client(port_of(host));
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

TEST_CASE("delta_heap gives what is new since whoever asked last, in-use as it is") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}));
  Client client(port_of(host));
  TemporaryFolder folder;
  const std::string path = std::string(kBase) + "delta_heap";
  const ProfileFile first = profile_of(client.get(path), folder);
  sleep_ms(100);
  const ProfileFile second = profile_of(client.get(path), folder);
  const ProfileFile all = profile_of(client.get(std::string(kBase) + "heap"), folder);
  const auto objects = [](const ProfileFile& p) {
    return p.containing("alloc_objects", "site_of_agent_host");
  };
  CHECK(objects(second) > 0);
  CHECK(objects(first) + objects(second) <= objects(all));
  CHECK(second.containing("inuse_objects", "site_of_agent_host") <= 16);
  CHECK(second.containing("inuse_objects", "site_of_agent_host") > 0);
  CHECK(second.proto().duration_nanos() == 0);
  CHECK(client.get(path).get_header_value("Content-Disposition") ==
        "attachment; filename=\"heap.pprof.gz\"");
  CHECK(client.get(std::string(kBase) + "delta_block").status == 200);
  CHECK(host.end() == "exit 7");
}

TEST_CASE("symbol names the addresses of the program, asked by GET and by POST") {
  AgentVictim host(serving({{"PROFILER_MODE", "cpu"}}));
  Client client(port_of(host));
  TemporaryFolder folder;
  const ProfileFile cpu = profile_of(client.get(std::string(kBase) + "profile?seconds=1"), folder);
  char address[32] = "";
  for (const auto& location : cpu.proto().location()) {
    const auto& function = cpu.proto().function(
        static_cast<int>(location.line(location.line_size() - 1).function_id()) - 1);
    if (cpu.text(function.name()) != "burn_of_agent_host") continue;
    snprintf(address, sizeof address, "%#lx", location.address());
  }
  const std::string expected = "num_symbols: 1\n" + std::string(address) + " burn_of_agent_host\n";
  // As go tool pprof does; the client here would write %2B.
  const std::string url = "http://127.0.0.1:" + std::to_string(port_of(host)) + kBase;
  CHECK(run({{"curl", "-s", url + "symbol?0x1+" + address}}).out == expected);
  const auto posted = client.raw().Post((std::string(kBase) + "symbol").c_str(),
                                        "0x1+" + std::string(address), "text/plain");
  REQUIRE(posted);
  CHECK(posted->body == expected);
  const auto refused = client.raw().Post((std::string(kBase) + "heap").c_str(), "x", "text/plain");
  REQUIRE(refused);
  CHECK(refused->status == 405);
  CHECK(host.end() == "exit 7");
}

TEST_CASE("other processes of the tree are at /PID/debug/pprof/") {
  AgentVictim host(serving(), false, {"sh", "-c", "\"$0\" \"$@\" & wait"});
  Client client(port_of(host));
  std::string facts;
  comes_true([&] {
    facts = client.get(std::string(kBase) + "?format=json").body;
    return facts.find("target_agent_host") != std::string::npos;
  });
  const size_t at = facts.find("target_agent_host");
  REQUIRE(at != std::string::npos);
  const size_t number = facts.rfind("\"pid\":", at);
  const std::string pid = std::to_string(std::stoi(facts.substr(number + 6)));
  TemporaryFolder folder;
  CHECK(profile_of(client.get("/" + pid + kBase + "profile?seconds=1"), folder)
            .has_function("burn_of_agent_host"));
  CHECK(client.get("/4194303" + std::string(kBase) + "heap").status == 404);
  host.end();
}

TEST_CASE("asked by another name or for another site's page it refuses") {
  AgentVictim host(serving());
  const int port = port_of(host);
  Client client(port);
  const auto status = [&](const httplib::Headers& headers) {
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
  TemporaryFolder folder;
  const std::string path = folder / "socket";
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
  Client client(port);
  CHECK(client.get(std::string(kBase) + "cmdline").status == 200);
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
  CHECK(client.get(std::string(kBase) + "cmdline").status == 200);
  const int64_t grown = resident_kib(agent) - before;
  figure("10,000 connections, a head of 100 MB, random bytes: the agent has %lld KiB more",
         static_cast<long long>(grown));
  CHECK(grown < 32 << 10);
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
