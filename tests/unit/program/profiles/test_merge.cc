#include <google/protobuf/stubs/logging.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "program/profiles/merge_files.h"
#include "program/profiles/profile_file.h"
#include "program/profiles/profile_merger.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"
#include "tests/unit/encoder/pprof_rules.h"
#include "tests/unit/program/workshop.h"

using program::Profile;
using program::ProfileMerger;

namespace {

// One sample at main < _start of `file`, loaded at `base`, with the comments of process `pid`.
Profile process(const std::string& file, int pid, uint64_t base, int64_t value,
                const std::string& trouble = "") {
  Profile p;
  add_text(&p, "");
  const auto type = [&](program::pprof::ValueType* to, const char* name, const char* unit) {
    to->set_type(add_text(&p, name));
    to->set_unit(add_text(&p, unit));
  };
  type(p.add_sample_type(), "samples", "count");
  type(p.add_sample_type(), "cpu", "nanoseconds");
  type(p.mutable_period_type(), "cpu", "nanoseconds");
  p.set_default_sample_type(p.sample_type(1).type());
  p.set_period(10000000);
  p.set_time_nanos(1700000000000000000 + pid * int64_t{1000000000});
  p.set_duration_nanos(5000000000);
  auto* mapping = p.add_mapping();
  mapping->set_id(7);
  mapping->set_memory_start(base);
  mapping->set_memory_limit(base + 0x9000);
  mapping->set_filename(add_text(&p, file));
  mapping->set_build_id(add_text(&p, "ab01"));
  mapping->set_has_functions(true);
  for (int i = 0; i < 2; i++) {
    auto* function = p.add_function();
    function->set_id(static_cast<uint64_t>(100 + i));
    function->set_name(add_text(&p, i == 0 ? "main" : "_start"));
    function->set_system_name(function->name());
    auto* location = p.add_location();
    location->set_id(static_cast<uint64_t>(50 + i));
    location->set_mapping_id(7);
    location->set_address(base + 0x100 * static_cast<uint64_t>(i + 1));
    location->add_line()->set_function_id(function->id());
  }
  auto* sample = p.add_sample();
  sample->add_location_id(50);
  sample->add_location_id(51);
  sample->add_value(value);
  sample->add_value(value * 10000000);
  for (const std::string& line :
       {std::string("# mode: cpu"), "# pid: " + std::to_string(pid), "# command: " + file + " --x",
        std::string("# host: box"), trouble}) {
    if (!line.empty()) p.add_comment(add_text(&p, line));
  }
  REQUIRE(program::fault_of(p).empty());
  return p;
}

std::string label(const Profile& p, int sample, const std::string& key) {
  for (const auto& l : p.sample(sample).label()) {
    if (p.string_table(static_cast<int>(l.key())) != key) continue;
    return l.str() != 0 ? p.string_table(static_cast<int>(l.str())) : std::to_string(l.num());
  }
  return "";
}

std::vector<std::string> comments_of(const Profile& p) {
  std::vector<std::string> lines;
  for (const int64_t c : p.comment()) lines.push_back(p.string_table(static_cast<int>(c)));
  return lines;
}

Profile merged(const std::vector<Profile>& profiles) {
  ProfileMerger merger;
  std::string error;
  for (const Profile& p : profiles) REQUIRE(merger.add(p, &error));
  const Profile result = merger.finish();
  CHECK(program::fault_of(result).empty());
  CHECK(pprof_rules::broken_rules(result) == pprof_rules::Broken{});
  return result;
}

int merge(std::vector<std::string> arguments) {
  program::set_level(program::Level::kQuiet);
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), "merge");
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return program::merge(static_cast<int>(arguments.size()), argv.data());
}

}  // namespace

TEST_CASE("processes of one program share its mapping, functions and stacks, not their samples") {
  const Profile p = merged(
      {process("/bin/app", 11, 0x550000000000, 3), process("/bin/app", 12, 0x560000000000, 4)});
  CHECK(p.mapping_size() == 1);
  CHECK(p.function_size() == 2);
  CHECK(p.location_size() == 2);
  REQUIRE(p.sample_size() == 2);
  CHECK(label(p, 0, "pid") == "11");
  CHECK(label(p, 1, "pid") == "12");
  CHECK(label(p, 1, "program") == "app");
  CHECK(p.sample(1).value(0) == 4);
  CHECK(names_of(p, 0) == "main");
}

TEST_CASE("programs at the same addresses are kept apart") {
  const Profile p =
      merged({process("/bin/one", 11, 0x400000, 3), process("/bin/two", 12, 0x400000, 4),
              process("/bin/three", 13, 0x405000, 5)});
  REQUIRE(p.mapping_size() == 3);
  CHECK(p.location_size() == 6);
  for (int i = 0; i < 3; i++) {
    for (int k = 0; k < i; k++) {
      CHECK((p.mapping(i).memory_start() >= p.mapping(k).memory_limit() ||
             p.mapping(k).memory_start() >= p.mapping(i).memory_limit()));
    }
  }
}

TEST_CASE("a merge of a merge keeps the processes, equal stacks are added") {
  const Profile once = merged({process("/bin/app", 11, 0x400000, 3)});
  const Profile twice = merged({once, process("/bin/app", 11, 0x400000, 4)});
  REQUIRE(twice.sample_size() == 1);
  CHECK(twice.sample(0).value(0) == 7);
  CHECK(label(twice, 0, "pid") == "11");
}

TEST_CASE("time is the first's, duration the span, the default type stays") {
  const Profile p =
      merged({process("/bin/app", 13, 0x400000, 3), process("/bin/app", 11, 0x400000, 4)});
  CHECK(p.time_nanos() == 1700000011000000000);
  CHECK(p.duration_nanos() == 7000000000);
  CHECK(p.string_table(static_cast<int>(p.default_sample_type())) == "cpu");
}

TEST_CASE("facts that all share are kept once, troubles with their process") {
  const Profile p = merged(
      {process("/bin/app", 11, 0x400000, 3, "lost: 5"), process("/bin/app", 12, 0x400000, 4)});
  CHECK(comments_of(p) == std::vector<std::string>{"# merged: 2 profiles", "# mode: cpu",
                                                   "# host: box", "# process app 11: /bin/app --x",
                                                   "# process app 12: /bin/app --x",
                                                   "app 11: lost: 5"});
}

TEST_CASE("a trouble that many have is one line") {
  std::vector<Profile> all;
  for (int pid = 11; pid < 61; pid++) {
    all.push_back(process("/bin/app", pid, 0x400000, 1, "recovered: killed"));
  }
  CHECK(comments_of(merged(all)).back() == "app 11 and 49 more: recovered: killed");
}

TEST_CASE("values that do not fit stay at the largest number") {
  const Profile p = merged({process("/bin/app", 11, 0x400000, 3), [] {
                              Profile q = process("/bin/app", 11, 0x400000, 3);
                              q.mutable_sample(0)->set_value(1, INT64_MAX);
                              return q;
                            }()});
  CHECK(p.sample(0).value(1) == INT64_MAX);
}

TEST_CASE("merge refuses other sample types and broken files, and then writes nothing") {
  const Workshop workshop;
  Profile heap = process("/bin/app", 11, 0x400000, 3);
  heap.mutable_string_table()->at(static_cast<int>(heap.sample_type(1).type())) = "space";
  const std::string cpu =
      workshop.write("cpu", process("/bin/app", 11, 0x400000, 3).SerializeAsString());
  const std::string other = workshop.write("other", heap.SerializeAsString());
  const std::string broken = workshop.write("broken", "no profile");
  const std::string out = workshop.path("out.pb.gz");
  CHECK(merge({"-o", out, cpu, other}) == program::kUsageOrUnreadable);
  CHECK(merge({"-o", out, cpu, broken}) == program::kUsageOrUnreadable);
  CHECK(merge({"-o", out, cpu, workshop.path("missing")}) == program::kUsageOrUnreadable);
  CHECK(merge({"-o", out}) == program::kUsageOrUnreadable);
  CHECK(merge({cpu}) == program::kUsageOrUnreadable);
  CHECK_FALSE(std::filesystem::exists(out));
  CHECK(merge({"-o", workshop.path("missing/out.pb.gz"), cpu}) == program::kCheckFailed);
  CHECK(merge({"-o", out, cpu, cpu}) == program::kDone);
  program::ProfileFile file;
  std::string error;
  REQUIRE(file.read(out, &error));
  CHECK(file.profile().sample(0).value(0) == 3);
  CHECK(workshop.shell("ls -A").find(".profiler-") == std::string::npos);
}

TEST_CASE("a tree's profiles become one a mode under the name of the first process's") {
  const Workshop workshop;
  program::set_level(program::Level::kQuiet);
  Profile heap = process("/bin/app", 12, 0x400000, 3);
  heap.mutable_string_table()->at(static_cast<int>(heap.sample_type(1).type())) = "space";
  heap.mutable_string_table()->at(static_cast<int>(heap.comment(0))) = "# mode: heap";
  const auto put = [&](const std::string& name, const Profile& p) {
    return workshop.write(name, p.SerializeAsString());
  };
  program::merge_tree({put("child.cpu", process("/bin/app", 12, 0x400000, 1)),
                       put("first.cpu", process("/bin/sh", 11, 0x400000, 1)),
                       put("child.heap", heap), workshop.write("broken", "x")},
                      0640);
  CHECK(workshop.shell("ls") == "broken\nchild.heap\nfirst.cpu\n");
}

TEST_CASE("a merged file is its user's alone, or as PROFILER_FILE_MODE says") {
  const Workshop workshop;
  program::set_level(program::Level::kQuiet);
  const std::string one = workshop.write("one", process("/bin/sh", 1, 0, 1).SerializeAsString());
  const auto mode_of_merged = [&](const std::string& out) {
    CHECK(merge({"-o", workshop.path(out), one}) == program::kDone);
    return workshop.shell("stat -c %a " + out);
  };
  unsetenv("PROFILER_FILE_MODE");
  CHECK(mode_of_merged("default") == "600\n");
  setenv("PROFILER_FILE_MODE", "644", 1);
  CHECK(mode_of_merged("readable") == "644\n");
  setenv("PROFILER_FILE_MODE", "999", 1);
  CHECK(mode_of_merged("bad") == "600\n");
  unsetenv("PROFILER_FILE_MODE");
}

TEST_CASE("mutated profiles are merged into one that pprof takes, or refused") {
  const std::string whole = process("/bin/app", 11, 0x400000, 3).SerializeAsString();
  const google::protobuf::LogSilencer quiet;
  int taken = 0;
  for (unsigned seed = 0; seed < 5000; seed++) {
    std::mt19937 random(seed);
    std::string bytes = whole;
    for (unsigned n = 1 + random() % 4; n > 0; n--) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    Profile p;
    if (!p.ParseFromString(bytes) || !program::fault_of(p).empty()) continue;
    ProfileMerger merger;
    std::string error;
    REQUIRE(merger.add(process("/bin/sh", 12, 0x404000, 3), &error));
    if (!merger.add(p, &error)) continue;
    REQUIRE(program::fault_of(merger.finish()).empty());
    taken++;
  }
  CHECK(taken > 200);
}
