// Clients that mean harm: what HTTP forbids, requests without end, ten thousand bent requests, and
// many clients at once of a large profile.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

// In KiB, of the process itself: the tables are the program's memory, which the agent only maps.
int64_t own_memory(pid_t pid, const char* key = "RssAnon:") {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find(key);
  return at == std::string::npos ? 0 : std::stoll(status.substr(at + std::string(key).size()));
}

pid_t agent_of(const AgentVictim& host) {
  const std::vector<pid_t> agents = host.agents();
  REQUIRE(!agents.empty());
  return *std::min_element(agents.begin(), agents.end());  // the others name functions
}

std::string request(const std::string& line, const std::string& heads,
                    const std::string& body = {}) {
  return line + " HTTP/1.1\r\nHost: localhost\r\n" + heads + "\r\n" + body;
}

int answers_in(const std::string& text) {
  int count = 0;
  for (size_t at = 0; (at = text.find("HTTP/1.1 ", at)) != std::string::npos; at++) count++;
  return count;
}

std::string status_of(const std::string& answer) {
  return answer.substr(0, answer.find('\r'));
}

// Requests that are nearly good: pieces of good and bad ones, some bytes changed, cut anywhere.
class Bender {
 public:
  explicit Bender(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string text = one_of({"GET", "HEAD", "POST", "PUT", "get", "CONNECT", "G E T", ""}) + " " +
                       one_of({"", "http://localhost", "http://evil", "//", "/1", "/0"}) +
                       one_of({"/debug/pprof/", "/debug/pprof/heap?debug=1", "/debug/pprof/threads",
                               "/debug/pprof/symbol?0x1+0x2", "/debug/pprof/heap?seconds=-1",
                               "/debug/pprof/%00%ff", "/debug/pprof/?format=json", "*", "/%",
                               "/debug/pprof/delta_heap", "/debug/pprof/heap?" + filler(5000)}) +
                       " HTTP/" + one_of({"1.1", "1.0", "0.9", "2.0", "1.1.1", ""}) + end();
    for (unsigned i = random_() % 6; i > 0; i--) {
      text +=
          one_of({"Host: localhost", "Host: evil", "Origin: http://localhost", "Content-Length: 5",
                  "Content-Length: -1", "Content-Length: 99999999999999999999",
                  "Transfer-Encoding: chunked", "Expect: 100-continue", "Range: bytes=0-,0-,0-",
                  "Connection: close", "Connection: upgrade", "Referer: http://localhost/",
                  "no colon", " folded", "X: " + filler(3000), "Content-Encoding: gzip"}) +
          end();
    }
    text += end() +
            one_of({"", "12345", "ffffffffffffffff\r\n", "5\r\n12345\r\n0\r\n\r\n", filler(2000)});
    for (unsigned i = random_() % 4; i > 0 && random_() % 2 == 0; i--) {
      text[random_() % text.size()] = static_cast<char>(random_());
    }
    if (random_() % 4 == 0) text.resize(random_() % text.size());
    return text;
  }

 private:
  std::string one_of(const std::vector<std::string>& choices) {
    return choices[random_() % choices.size()];
  }
  std::string filler(size_t most) { return std::string(random_() % most, 'a'); }
  std::string end() { return random_() % 20 == 0 ? "\n" : "\r\n"; }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("what HTTP leaves open is read as Go reads it, and a body is never the next request") {
  AgentVictim host(serving());
  const int port = port_of(host);
  const std::string path = "/debug/pprof/cmdline";
  const std::string close = "Connection: close\r\n";
  const std::string whole = exchanged(port, request("GET " + path, close));
  CHECK(status_of(whole) == "HTTP/1.1 200 OK");
  for (const std::string range : {"0-0", "0-,0-,0-,0-", "-1", "5-1"}) {
    const std::string part =
        exchanged(port, request("GET " + path, "Range: bytes=" + range + "\r\n" + close));
    CHECK(part.substr(part.find("\r\n\r\n")) == whole.substr(whole.find("\r\n\r\n")));
  }
  CHECK(status_of(exchanged(port, request("GET http://localhost" + path, close))) ==
        "HTTP/1.1 200 OK");
  CHECK(status_of(exchanged(port, request("GET http://evil" + path, close))) ==
        "HTTP/1.1 403 Forbidden");
  for (const char* twice :
       {"Host: localhost\r\n", "Origin: http://localhost\r\nOrigin: http://localhost\r\n"}) {
    CHECK(status_of(exchanged(port, request("GET " + path, twice + close))) ==
          "HTTP/1.1 400 Bad Request");
  }
  CHECK(status_of(exchanged(port, request("GET " + path, "Referer: http://evil/\r\n" + close))) ==
        "HTTP/1.1 403 Forbidden");
  const std::string inner = request("GET " + path, "");
  const std::string length = "Content-Length: " + std::to_string(inner.size()) + "\r\n";
  for (const char* method : {"GET ", "HEAD ", "PUT "}) {
    const std::string answer = exchanged(port, request(method + path, length, inner));
    CHECK(answers_in(answer) == 1);
    CHECK(answer.find("Connection: close") != std::string::npos);
  }
  char size[16];
  snprintf(size, sizeof size, "%zx\r\n", inner.size());
  CHECK(answers_in(exchanged(port, request("GET " + path, "Transfer-Encoding: chunked\r\n",
                                           size + inner + "\r\n0\r\n\r\n"))) == 1);
  CHECK(status_of(exchanged(port, request("POST /debug/pprof/symbol",
                                          "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                                          "0\r\n\r\n"))) == "HTTP/1.1 400 Bad Request");
  CHECK(status_of(exchanged(port, request("POST /debug/pprof/symbol", "Transfer-Encoding: gzip\r\n",
                                          "0x1"))) == "HTTP/1.1 501 Not Implemented");
  for (const std::string number : {"-1", "x", "5x", "", "3, 3"}) {
    const std::string answer = exchanged(
        port, request("POST /debug/pprof/symbol", "Content-Length: " + number + "\r\n", inner));
    CHECK(status_of(answer) == "HTTP/1.1 400 Bad Request");
    CHECK(answer.find("200 OK") == std::string::npos);
  }
  CHECK(host.end() == "exit 7");
}

TEST_CASE("requests for an hour shut out neither short ones nor profiles of a second") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}));
  const int port = port_of(host);
  const std::string long_one = request("GET /debug/pprof/profile?seconds=3600", "");
  std::vector<int> clients;
  for (int i = 0; i < 300; i++) {
    clients.push_back(connected(port));
    send(clients.back(), long_one.data(), long_one.size(), MSG_NOSIGNAL);
  }
  HttpClient client(port);
  CHECK(client.get(std::string(kBase) + "cmdline").status == 200);
  CHECK(client.get(std::string(kBase) + "heap").status == 200);
  CHECK(client.get(std::string(kBase) + "profile?seconds=1").status == 200);
  CHECK(client.get(std::string(kBase) + "profile?seconds=3600").status == 503);
  for (const int each : clients) close(each);
  CHECK(host.end() == "exit 7");
}

TEST_CASE("ten thousand bent requests leave a server that answers, in as much memory as before") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}));
  const int port = port_of(host);
  CHECK(HttpClient(port).get(std::string(kBase) + "heap?debug=1").status == 200);
  const pid_t agent = agent_of(host);
  const int64_t before = own_memory(agent);
  std::vector<std::thread> clients;
  for (unsigned seed = 1; seed <= 4; seed++) {
    clients.emplace_back([port, seed] {
      Bender bender(seed);
      for (int i = 0; i < 2500; i++) exchanged(port, bender.next(), 5);
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(HttpClient(port).get(std::string(kBase) + "heap?debug=1").status == 200);
  const int64_t grown = own_memory(agent) - before;
  figure("10,000 bent requests: the agent has %lld KiB more", static_cast<long long>(grown));
  CHECK(grown < 16 << 10);
  CHECK(host.agents().size() >= 1);
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
}

TEST_CASE("many clients of a large profile at once wait their turn, and the memory goes back") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), true, {}, "many_paths");
  const int port = port_of(host);
  CHECK(HttpClient(port).get(std::string(kBase) + "heap").status == 200);
  const pid_t agent = agent_of(host);
  const int64_t before = own_memory(agent);
  std::atomic<int64_t> most = 0;
  std::atomic<size_t> bytes = 0;
  constexpr int kClients = 40;
  std::atomic<int> answered = 0, running = kClients;
  std::vector<std::thread> clients;
  const std::vector<std::string> forms = {"heap", "heap?debug=1", "heap?format=json",
                                          "heap?seconds=1", "allocs?debug=1"};
  for (int i = 0; i < kClients; i++) {
    clients.emplace_back([&, i] {
      const auto answer =
          HttpClient(port).ask(kBase + forms[static_cast<size_t>(i) % forms.size()]);
      if (answer && answer->status == 200) answered++;
      if (answer) bytes += answer->body.size();
      running--;
    });
  }
  while (running > 0) {
    most = std::max<int64_t>(most, own_memory(agent));
    sleep_ms(5);
  }
  for (std::thread& client : clients) client.join();
  CHECK(answered == kClients);
  figure("%d clients got %zu MiB: the agent had at most %lld KiB more", kClients,
         bytes.load() >> 20, static_cast<long long>(most - before));
  CHECK(most - before < 64 << 10);
  CHECK(comes_true([&] { return own_memory(agent) - before < 8 << 10; }));
  CHECK(host.end() == "exit 7");
}
