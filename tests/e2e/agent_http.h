// An agent that serves, and what its answers hold.
#pragma once

#include <catch2/catch.hpp>
#include <string>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/http_client.h"
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

inline ProfileFile profile_of(const HttpResponse& response, const TemporaryDirectory& directory) {
  const std::string path = directory / "answer.cpu.pb.gz";
  write_file(path, response.body);
  return ProfileFile(path);
}

}  // namespace e2e
