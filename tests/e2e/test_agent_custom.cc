// Profiles that a program makes itself, as its agent gives them: files, pages and `profiler dump`.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

AgentVictim custom_host(const Environment& more) {
  Environment all = {{"PROFILER_MODE", "custom"}};
  for (const auto& [name, value] : more) all[name] = value;
  return AgentVictim(all, true, {}, "agent_custom");
}

// One file for each profile, and none for the mode itself or without a name.
void check_names(const AgentVictim& host) {
  for (const std::string name : {"sessions", "javascript_alert(1)", "a_b?c#d&e=\"<b>"}) {
    INFO(name);
    const std::vector<std::string> files = host.all_files(name);
    CHECK(!files.empty());
    for (const std::string& file : files) {
      CHECK(ProfileFile(file).proto().sample_size() == 1);
    }
  }
  CHECK(host.all_files("custom").empty());
  CHECK(host.all_files("_").empty());
}

}  // namespace

TEST_CASE("profiles of the program's own keep their names in periodic files") {
  // Long beside the start: a file from before the program's first calls would be empty.
  AgentVictim host = custom_host({{"PROFILER_INTERVAL", "2s"}});
  host.files("sessions", 2);
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  check_names(host);
}

TEST_CASE("profiles of the program's own keep their names when they are dumped from outside") {
  AgentVictim host = custom_host({});
  REQUIRE(comes_true(
      [&] {
        run({{program(), "dump", std::to_string(host.pid())}});
        return !host.all_files("sessions").empty();
      },
      3000));
  check_names(host);
  CHECK(host.end() == "exit 7");
}

TEST_CASE("profiles of the program's own are served by their names, whatever those hold") {
  AgentVictim host = custom_host({{"PROFILER_HTTP", "127.0.0.1:0"}, {"PROFILER_LOG", "info"}});
  HttpClient client(port_of(host));
  const auto modes = [&] {
    std::vector<std::string> names;
    const auto facts = nlohmann::json::parse(client.get(std::string(kBase) + "?format=json").body);
    for (const auto& mode : facts["modes"]) names.push_back(mode["name"]);
    return names;
  };
  std::vector<std::string> names;
  CHECK(comes_true(
      [&] {
        names = modes();
        return std::count(names.begin(), names.end(), "sessions") == 1;
      },
      3000));
  for (const std::string name : {"sessions", "javascript:alert(1)", "a/b?c#d&e=\"<b>"}) {
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  }
  CHECK(std::count(names.begin(), names.end(), "custom") == 0);
  CHECK(std::count(names.begin(), names.end(), "") == 0);
  TemporaryDirectory directory;
  for (const std::string path :
       {"sessions", "javascript%3Aalert(1)", "a%2Fb%3Fc%23d%26e%3D%22%3Cb%3E"}) {
    INFO(path);
    const HttpResponse response = client.get(kBase + path);
    CHECK(response.status == 200);
    CHECK(profile_of(response, directory).proto().sample_size() == 1);
    CHECK(response.header("Content-Disposition").find_first_of("<>&?#/:") == std::string::npos);
    CHECK(client.get(kBase + path + "?debug=1").body.find(": total 1\n") != std::string::npos);
  }
  CHECK(host.end() == "exit 7");
}

TEST_CASE(
    "the page counts open descriptors and keys that are there, and a mode that is off has no "
    "count") {
  AgentVictim host = custom_host(
      {{"PROFILER_MODE", "custom,fd"}, {"PROFILER_HTTP", "127.0.0.1:0"}, {"PROFILER_LOG", "info"}});
  HttpClient client(port_of(host));
  nlohmann::json sessions, descriptors, block;
  const auto look = [&] {
    const auto facts = nlohmann::json::parse(client.get(std::string(kBase) + "?format=json").body);
    for (const auto& mode : facts["modes"]) {
      if (mode["name"] == "sessions") sessions = mode;
      if (mode["name"] == "fd") descriptors = mode;
      if (mode["name"] == "block") block = mode;
    }
    return sessions.is_object() && sessions["count"] == 1;
  };
  CHECK(comes_true(look, 10000));
  CHECK(sessions["count"] == 1);
  const auto open = [&] {
    const std::filesystem::path directory = "/proc/" + std::to_string(host.pid()) + "/fd";
    return std::distance(std::filesystem::directory_iterator(directory), {});
  };
  // The victim opens nothing once it has its keys; what it has just then may be one more.
  CHECK(comes_true([&] { return look() && descriptors["count"] == open(); }, 10000));
  CHECK(block["armed"] == false);
  CHECK(block["count"].is_null());
  CHECK(host.end() == "exit 7");
}
