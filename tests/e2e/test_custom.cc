// PROFILER_MODE=custom and labels: what programs say by include/profiler.h.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// The value of the samples with this string label; "" asks for those without the key.
int64_t labelled(const ProfileFile& profile, const std::string& key, const std::string& value) {
  int64_t sum = 0;
  for (const auto& sample : profile.proto().sample()) {
    if (profile.string_label(sample, key) == value) sum += sample.value(0);
  }
  return sum;
}

std::string compile(const std::string& compiler, const TemporaryDirectory& directory) {
  return compiler + " -Wall -Wextra -Werror -pedantic-errors -Wshadow -Wconversion -I" +
         source("include") + " -o " + (directory / "program") + " " + (directory / "program.c");
}

}  // namespace

TEST_CASE(
    "a program built against profiler.h runs alike without the profiler, and with a mode off") {
  const Outcome bare = run({{target("custom_profiles")}});
  CHECK(bare.end() == "exit 0");
  CHECK(bare.out ==
        "labels: 0 0 0 0\nsame handle: 1\nno handle: 1\nnull handle: 0 0\nforeign handle: 1\n"
        "trace: 0 0 0 0 0\n");
  TemporaryDirectory output;
  const Outcome off = run(profiled({{target("custom_profiles")}}, "heap", output));
  CHECK(off.out.find("same handle: 1\nno handle: 1\nnull handle: 0 0\n") != std::string::npos);
  CHECK(output.profiles("clients").empty());
}

TEST_CASE("Add, Remove and Count are Go's, but a key that is added twice moves") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("custom_profiles")}}, "custom", output));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err.empty());
  // EINVAL for what is not to be set.
  CHECK(ours.out ==
        "labels: 22 22 22 0\nsame handle: 1\nno handle: 1\nnull handle: 0 0\nforeign handle: 1\n"
        "trace: 0 0 0 0 0\n");
  const ProfileFile clients(only(output.profiles("clients")));
  CHECK(clients.sample_types() == std::vector<std::string>{"clients/count"});
  CHECK(clients.default_sample_type() == "clients");
  CHECK(clients.text(clients.proto().period_type().type()) == "clients");
  CHECK(clients.proto().period() == 1);
  // 5 with skip 0, of which one was removed and one moved; 3 with skip 1 and the one that moved.
  CHECK(clients.total("clients") == 7);
  CHECK(clients.at_leaf("clients", "new_client") == 3);
  CHECK(!clients.has_function("profiler_custom_add"));
  CHECK(clients.at_leaf("clients", "run_skipping_one") == 4);
  CHECK(clients.containing("clients", "run_skipping_none") == 3);
  CHECK(clients.all_comments().find("clients: keys that were added again: 1") != std::string::npos);
  CHECK(clients.all_comments().find("mode: clients") != std::string::npos);
  // One file for each profile, and none for the mode itself.
  CHECK(output.profiles("jobs").size() == 1);
  CHECK(output.profiles("custom").empty());
}

TEST_CASE("labels are the thread's, inherited at its creation, and the later value wins") {
  TemporaryDirectory output;
  run(profiled({{target("custom_profiles")}}, "custom,heap", output,
               {{"PROFILER_HEAP_RATE", "1"}}));
  const ProfileFile jobs(only(output.profiles("jobs")));
  CHECK(jobs.total("jobs") == 3);
  CHECK(labelled(jobs, "job", "late") == 2);
  CHECK(labelled(jobs, "job", "own") == 0);  // it moved to the main thread, which had "late" then
  CHECK(labelled(jobs, "job", "") == 1);
  CHECK(labelled(jobs, "color", "") == 3);
  // The heap has the host's labels, and no thread's name.
  const ProfileFile heap(only(output.profiles("heap")));
  bool found = false;
  for (int i = 0; i < heap.proto().sample_size(); i++) {
    const auto& sample = heap.proto().sample(i);
    CHECK(heap.string_label(sample, "thread").empty());
    if (heap.frames(i).front().function != "allocate_labelled") continue;
    found = true;
    CHECK(heap.string_label(sample, "job") == "own");
  }
  CHECK(found);
}

TEST_CASE("a program that makes no profile gets a file that says so") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("idle")}}, "custom", output);
  const ProfileFile profile(only(output.profiles("custom")));
  CHECK(profile.total("custom") == 0);
  CHECK(profile.all_comments().find("empty: ") != std::string::npos);
}

TEST_CASE("a million keys from four threads are all there, in bounded memory") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("custom_keys"), "1000000"}}, "custom", output));
  CHECK(ours.out == "500000\n");
  const ProfileFile keys(only(output.profiles("keys")));
  CHECK(keys.total("keys") == 500000);
  CHECK(keys.at_leaf("keys", "add") == 500000);
  CHECK(keys.all_comments().find("# lost: 0\n") != std::string::npos);
}

TEST_CASE("keys that find no room are counted as lost, and the others are right") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("custom_keys"), "1000000"}}, "custom", output,
                                    {{"PROFILER_MEMORY", "4M"}}));
  CHECK(ours.end() == "exit 0");
  const ProfileFile keys(only(output.profiles("keys")));
  CHECK(keys.total("keys") > 20000);
  CHECK(keys.total("keys") < 4 << 20);
  CHECK(keys.all_comments().find("\nlost: ") != std::string::npos);
}

TEST_CASE("profiler.h is clean in C89 and C++98, with every warning and without optimisation") {
  TemporaryDirectory directory;
  write_file(directory / "program.c",
             "#include \"profiler.h\"\n#include \"profiler.h\"\n"
             "int main(void) { return profiler_start(NULL) + profiler_stop(NULL) +\n"
             "profiler_dump(NULL, NULL) + (profiler_custom(\"x\") != NULL) +\n"
             "profiler_custom_add(NULL, \"k\", 0) + profiler_custom_remove(NULL, NULL) +\n"
             "profiler_label_clear(NULL) + profiler_region_end(); }\n");
  for (const char* language : {"-x c -std=c89 -O0", "-x c -std=c89 -O2", "-x c -std=c17 -O2",
                               "-x c++ -std=c++98 -O0", "-x c++ -std=c++20 -O2"}) {
    INFO(language);
    const Outcome compiled =
        run({{"bash", "-c", compile(std::string("gcc ") + language, directory)}});
    CHECK(compiled.err.empty());
    CHECK(compiled.end() == "exit 0");
    CHECK(run({{directory / "program"}}).end() == "exit 0");
  }
}
