// The comments that compare the heap with the process's memory: true, and at no risk of the host's.
#include <catch2/catch.hpp>
#include <cctype>
#include <cmath>
#include <fstream>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

std::string comment(const ProfileFile& profile, const std::string& key) {
  for (const std::string& line : profile.comments()) {
    if (line.find("# " + key + ": ") == 0) return line.substr(key.size() + 4);
  }
  return "";
}

// The number behind a term of the line, -1 if it has none of that name.
double term(const std::string& line, const std::string& name) {
  const size_t at = line.find(name + " ");
  if (at == std::string::npos || isdigit(line[at + name.size() + 1]) == 0) return -1;
  return std::stod(line.substr(at + name.size()));
}

// The number before a word: "12.3 in use".
double figure_before(const std::string& line, const std::string& word) {
  const std::vector<std::string> words = words_of(line.substr(0, line.find(" " + word)));
  for (size_t i = words.size(); i > 0; i--) {
    if (isdigit(words[i - 1][0]) != 0) return std::stod(words[i - 1]);
  }
  return -1;
}

// That the terms add up to what is resident.
void check_sum(const std::string& line) {
  INFO(line);
  double sum = term(line, "live blocks");
  for (const char* name :
       {"+ rounding up and blocks not seen", "+ allocator's free memory", "+ mapped files",
        "+ shared memory", "+ thread stacks", "+ profiler", "+ other", "+ allocator's and other"}) {
    if (term(line, name) > 0) sum += term(line, name);
  }
  if (term(line, "swapped out") > 0) sum -= term(line, "swapped out");
  CHECK(std::fabs(sum - term(line, "resident")) < 0.5);
}

double mib(int64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

}  // namespace

TEST_CASE("the memory of the process is compared with the heap, in the heap's profiles alone") {
  TemporaryDirectory output;
  run(profiled({{target("heap_load"), "1"}}, "heap,allocs,cpu", output));
  for (const char* mode : {"heap", "allocs"}) {
    const ProfileFile profile(only(output.profiles(mode)));
    const std::string memory = comment(profile, "memory");
    check_sum(memory);
    CHECK(term(memory, "live blocks") == Approx(mib(profile.total("inuse_space"))).margin(0.06));
    CHECK(term(memory, "mapped files") > 0.5);
    CHECK(term(memory, "mapped files") < 20);
    CHECK(term(memory, "profiler") > 0.1);
    CHECK(term(memory, "profiler") < 10);
    const std::string allocator = comment(profile, "allocator");
    INFO(allocator);
    CHECK(allocator.find("glibc: ") == 0);
    // Twelve of a hundred small blocks stay, each with its neighbours' space around it.
    CHECK(figure_before(allocator, "in use") > 0.8 * term(memory, "live blocks"));
    CHECK(
        figure_before(allocator, "MiB from the system") ==
        Approx(figure_before(allocator, "in use") + figure_before(allocator, "free")).margin(0.2));
  }
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(comment(cpu, "memory").empty());
  CHECK(comment(cpu, "allocator").empty());
}

TEST_CASE("jemalloc and tcmalloc are asked in their own words") {
  const std::string directory = "/usr/lib/x86_64-linux-gnu/";
  const std::string name = GENERATE("jemalloc", "tcmalloc_minimal");
  const std::string allocator = directory + "lib" + name + (name == "jemalloc" ? ".so.2" : ".so.4");
  if (!std::ifstream(allocator)) return skip(allocator, "is not installed");
  for (const bool first : {true, false}) {
    TemporaryDirectory output;
    const std::string preload = first ? allocator + ":" + library() : library() + ":" + allocator;
    run(profiled({{target("heap_load"), "1"}}, "heap", output, {{"LD_PRELOAD", preload}}));
    const ProfileFile profile(only(output.profiles("heap")));
    const std::string line = comment(profile, "allocator");
    INFO(preload << ": " << line);
    CHECK(line.find(name.substr(0, 8) + ": ") == 0);
    CHECK(figure_before(line, "in use") > 400);
    check_sum(comment(profile, "memory"));
  }
}

// What such a program has for malloc's address is a stub of its own.
TEST_CASE("the allocator of a program at a fixed address that takes malloc's is found") {
  TemporaryDirectory output;
  same_as_bare({{target("fixed_address"), "0", "0"}}, "heap", output);
  CHECK(comment(ProfileFile(only(output.profiles("heap"))), "allocator").find("glibc: ") == 0);
}

TEST_CASE("an end inside of the allocator is the end that it was") {
  const std::string how = GENERATE("handler", "jump", "thread", "large", "small");
  const std::string rate = GENERATE("524288", "1");
  const int rounds = how == "large" || how == "small" ? 2 : 20;
  double longest = 0;
  for (int i = 0; i < rounds; i++) {
    TemporaryDirectory output;
    const Command command{{target("end_in_malloc"), how, std::to_string(1000 + 137 * i)}};
    const Outcome ours = same_as_bare(command, "heap", output, {{"PROFILER_HEAP_RATE", rate}});
    REQUIRE(ours.out.empty());
    longest = std::max(longest, ours.seconds);
    const ProfileFile profile(only(output.profiles("heap")));
    CHECK_FALSE(comment(profile, "memory").empty());
    const std::string allocator = comment(profile, "allocator");
    INFO(allocator);
    CHECK(allocator.find("glibc") == 0);
    if (how == "large") CHECK(allocator == "glibc (did not answer)");
  }
  figure("end_in_malloc %s at rate %s: %d runs, the longest %.2f s", how.c_str(), rate.c_str(),
         rounds, longest);
}

TEST_CASE("a process of many mappings is not copied") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("many_mappings"), "30000", "0"}}, "heap", output);
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(comment(profile, "allocator") == "glibc (not asked, the process has too many mappings)");
  check_sum(comment(profile, "memory"));
}

TEST_CASE("memory that the program maps itself is other memory") {
  TemporaryDirectory output;
  same_as_bare({{target("many_mappings"), "0", "100"}}, "heap", output);
  const ProfileFile profile(only(output.profiles("heap")));
  const std::string memory = comment(profile, "memory");
  check_sum(memory);
  CHECK(term(memory, "+ other") > 99);
  CHECK(term(memory, "+ other") < 103);
}
