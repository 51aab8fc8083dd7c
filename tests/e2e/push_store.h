// A fleet store that agents push to, in a process of its own.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/profile_file.h"

namespace e2e {

class Store {
 public:
  explicit Store(const std::vector<std::string>& certificate = {}) {
    std::vector<std::string> words = {"python3", source("tests/e2e/push_server.py"),
                                      directory.path()};
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
    for (const std::string& name : directory.files()) {
      if (name.ends_with(ending)) found.push_back(name.substr(0, name.size() - ending.size()));
    }
    std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
      return std::stoi(a) < std::stoi(b);
    });
    return found;
  }
  nlohmann::json facts(const std::string& name) const {
    return nlohmann::json::parse(read_file(directory / (name + ".json")));
  }
  ProfileFile profile(const std::string& name) const {
    return ProfileFile(directory / (name + ".pb.gz"));
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
  TemporaryDirectory directory;
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

inline Environment pushing(const Store& store, const Environment& more = {}) {
  Environment all = {
      {"PROFILER_PUSH", "http://me:p%40ss@127.0.0.1:" + std::to_string(store.port) + "/x/"},
      {"PROFILER_MODE", "cpu,heap"},
      {"PROFILER_HEAP_RATE", "1"},
      {"PROFILER_INTERVAL", "200ms"},
      {"PROFILER_LABELS", "service_name=shop,zone=b,odd key=a=b"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

}  // namespace e2e
