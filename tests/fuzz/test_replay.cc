// Every input that the fuzzer kept or failed on, through its harness.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/harnesses.h"

namespace {

using Harness = void (*)(const uint8_t*, size_t);

std::vector<uint8_t> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int replay(const char* name, Harness harness) {
  int files = 0;
  for (const char* kind : {"corpus", "found"}) {
    const auto directory = std::filesystem::path(FUZZ_DIRECTORY) / kind / name;
    if (!std::filesystem::exists(directory)) continue;
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      INFO(file.path());  // shown if the harness aborts
      const std::vector<uint8_t> bytes = bytes_of(file.path());
      harness(bytes.data(), bytes.size());
      files++;
    }
  }
  return files;
}

}  // namespace

TEST_CASE("unwind tables that the fuzzer made are read without harm") {
  CHECK(replay("unwind_tables", fuzz::unwind_tables) > 10);
}

TEST_CASE("expressions that the fuzzer made are evaluated without harm") {
  CHECK(replay("expression", fuzz::expression) > 5);
}

TEST_CASE("stacks that the fuzzer made are walked without harm") {
  CHECK(replay("walk", fuzz::walk) > 5);
}

TEST_CASE("tables that the fuzzer made are read without harm") {
  CHECK(replay("spool", fuzz::spool) > 5);
}

TEST_CASE("tables that the fuzzer changed while they were read are read without harm") {
  CHECK(replay("live_view", fuzz::live_view) > 5);
}

TEST_CASE("profiles that the fuzzer made are read, merged and refused without harm") {
  CHECK(replay("profile", fuzz::profile) > 5);
}

TEST_CASE("perf maps that the fuzzer made name what their last lines say") {
  CHECK(replay("perf_map", fuzz::perf_map) > 5);
}

TEST_CASE("programs that the fuzzer changed are named without harm") {
  CHECK(replay("elf", fuzz::elf) > 5);
}
