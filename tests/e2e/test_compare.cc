// profiler top, diff and compare, as a CI job uses them.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Outcome profiler(const std::vector<std::string>& arguments, const TemporaryFolder& output) {
  Command command{{program()}};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.folder = output.path();
  return run(command);
}

}  // namespace
