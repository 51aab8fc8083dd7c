// The process that puts the names in is no child of the host's, for any account; and where it does
// not come to its end the line says why.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// Peak memory of the program and of the children that it waited for, as `time -v` shows it.
long peak_kib(const TemporaryDirectory& output, const char* symbolize) {
  const std::string program = target("inlined"), place = output.path() + "/";
  const std::vector<std::string> settings = {"PATH=/usr/bin:/bin",
                                             "PROFILER_MODE=heap",
                                             "PROFILER_HEAP_RATE=1",
                                             "PROFILER_OUTPUT=" + place,
                                             std::string("PROFILER_SYMBOLIZE=") + symbolize,
                                             "LD_PRELOAD=" + library()};
  std::vector<char*> environment;
  for (const std::string& each : settings) environment.push_back(const_cast<char*>(each.c_str()));
  environment.push_back(nullptr);
  char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  const pid_t pid = fork();
  if (pid == 0) {
    execve(arguments[0], arguments, environment.data());
    _exit(127);
  }
  rusage usage{};
  int status = -1;
  REQUIRE(wait4(pid, &status, 0, &usage) == pid);
  CHECK(status == 0);
  return usage.ru_maxrss;
}

std::string error_with(const std::string& key, const std::string& value) {
  TemporaryDirectory output;
  Command command = profiled({{target("inlined")}}, "heap", output, {{"PROFILER_HEAP_RATE", "1"}});
  command.environment[key] = value;
  command.environment["PROFILER_LOG"] = "error";
  const Outcome ours = run(command);
  CHECK(ours.end() == "exit 0");
  CHECK(output.profiles("heap").size() == 1);
  return ours.err;
}

}  // namespace

TEST_CASE("the memory of the process that names is not counted to the host") {
  TemporaryDirectory named, bare;
  const long without = peak_kib(bare, "none");
  const long with = peak_kib(named, "full");
  CHECK(ProfileFile(only(named.profiles("heap"))).has_function("main"));
  figure("peak memory of a host: %ld KiB without names, %ld KiB with", without, with);
  // The process that names needs more than 15 MiB of its own.
  CHECK(with < without + 4096);
}

TEST_CASE("what one process has read of its objects gives the next one its names") {
  TemporaryDirectory output, cache;
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  for (const bool is_second : {false, true}) {
    Command command = profiled({{target("inlined")}}, "heap", output);
    command.environment["PROFILER_HEAP_RATE"] = "1";
    command.environment["XDG_CACHE_HOME"] = cache.path();
    CHECK(run(command).end() == "exit 0");
    REQUIRE_FALSE(std::filesystem::is_empty(cache.path() + "/profiler"));
    bool is_used = false;
    for (const auto& file : std::filesystem::directory_iterator(cache.path() + "/profiler")) {
      is_used |= file.last_write_time() > long_ago;
      std::filesystem::last_write_time(file.path(), long_ago);
    }
    CHECK(is_used);
    CHECK(output.profiles("heap").size() == (is_second ? 2 : 1));
    for (const std::string& path : output.profiles("heap")) {
      CHECK(ProfileFile(path).has_function("main"));
    }
  }
}

TEST_CASE("names that take too long are said to have taken too long") {
  const std::string line = error_with("PROFILER_SYMBOLIZE_TIME", "1ms");
  CHECK(line.find("PROFILER_SYMBOLIZE_TIME") != std::string::npos);
  CHECK(line.find("profiler symbolize") != std::string::npos);
}

TEST_CASE("a run with names says nothing") {
  CHECK(error_with("PROFILER_SYMBOLIZE_TIME", "30s").empty());
}
