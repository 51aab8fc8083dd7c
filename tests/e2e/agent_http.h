// A client of an agent's server, and what it says.
#pragma once

#include <httplib.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/profile_file.h"

namespace e2e {

inline constexpr const char* kBase = "/debug/pprof/";

// The port that the line on stderr tells.
inline int port_of(const AgentVictim& host) {
  const std::string before = "serving http://127.0.0.1:";
  size_t at = std::string::npos;
  comes_true([&] { return (at = host.err().find(before)) != std::string::npos; });
  REQUIRE(at != std::string::npos);
  return std::stoi(host.err().substr(at + before.size()));
}

inline Environment serving(const Environment& more = {}) {
  Environment all = {
      {"PROFILER_HTTP", "127.0.0.1:0"}, {"PROFILER_LOG", "info"}, {"PROFILER_HEAP_RATE", "1"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

class HttpClient {
 public:
  explicit HttpClient(int port) : client_("127.0.0.1", port) { client_.set_read_timeout(60); }

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

inline ProfileFile profile_of(const httplib::Response& response, const TemporaryFolder& folder) {
  const std::string path = folder / "answer.cpu.pb.gz";
  write_file(path, response.body);
  return ProfileFile(path);
}

inline int connected(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(client, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0) return client;
  close(client);
  return -1;
}

}  // namespace e2e
