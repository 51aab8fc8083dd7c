// Which of several files hold each event once.
#include <catch2/catch.hpp>

#include "program/profiles/distinct_files.h"
#include "tests/unit/program/workshop.h"
#include "tests/unit/report/small_profile.h"

using program::DistinctFile;
using program::Profile;

namespace {

constexpr int64_t kBegin_ns = 1700000000000000000;

struct Recording {
  std::string mode = "heap";
  int pid = 11;
  int64_t begin_s = 0, duration_s = 1;
  std::string host = "here";
  std::string comment = "# command: app";
  uint64_t program_start = 0x400000;
};

Profile profile_of(const Recording& of) {
  const std::string type = of.mode == "cpu" ? "cpu" : "alloc_space";
  Profile profile = SmallProfile(of.mode, {{type, "bytes"}, {"inuse_space", "bytes"}})
                        .add("f main", {7, 3})
                        .profile();
  program::ProfileEditor editor(&profile);
  if (of.pid != 0) profile.add_comment(editor.text("# pid: " + std::to_string(of.pid)));
  profile.add_comment(editor.text("# host: " + of.host));
  profile.add_comment(editor.text(of.comment));
  auto* mapping = profile.add_mapping();
  mapping->set_id(1);
  mapping->set_memory_start(of.program_start);
  mapping->set_memory_limit(of.program_start + 0x1000);
  profile.set_time_nanos(kBegin_ns + of.begin_s * 1000000000);
  profile.set_duration_nanos(of.duration_s * 1000000000);
  return profile;
}

// The places of those that are left, each with a star if it is the last of its process.
std::string distinct(const std::vector<Recording>& recordings) {
  const Workshop workshop;
  std::vector<std::string> paths;
  for (const Recording& each : recordings) {
    paths.push_back(
        workshop.write(std::to_string(paths.size()), profile_of(each).SerializeAsString()));
  }
  std::string text;
  for (const DistinctFile& file : program::distinct_files(paths, "nothing")) {
    text += file.path.substr(file.path.rfind('/') + 1) + (file.is_last ? "* " : " ");
  }
  return text;
}

}  // namespace

TEST_CASE("of files that hold all since the start the longest stands for all") {
  CHECK(distinct({{}, {"heap", 11, 0, 3}, {"heap", 11, 0, 2}}) == "1* ");
  CHECK(distinct({{"heap", 11, 1, 1}, {"heap", 11, 0, 3}}) == "1* ");
}

TEST_CASE("files that hold what is new since the last are all taken, the state from the last") {
  CHECK(distinct({{"heap", 11, 1}, {"heap", 11, 2}, {"heap", 11, 0}}) == "0 1* 2 ");
}

TEST_CASE("files of other processes, modes and hosts are not compared with each other") {
  CHECK(distinct({{}, {"heap", 12}, {"cpu", 11}, {"heap", 11, 0, 1, "there"}}) == "0* 1* 2* 3* ");
}

// The first process of each container has the number 1, and many have one host name.
TEST_CASE("two processes of one number, host and millisecond are told apart by their addresses") {
  CHECK(distinct({{"heap", 1, 0, 3, "here", "# command: app", 0x1000},
                  {"heap", 1, 0, 2, "here", "# command: app", 0x2000},
                  {"heap", 1, 0, 1, "here", "# command: app", 0x1000}}) == "0* 1* ");
  CHECK(distinct({{"heap", 1, 0, 3}, {"heap", 1, 0, 2, "here", "# command: other"}}) == "0* 1* ");
}

// In use was what two seconds had changed, instead of all.
TEST_CASE("a difference adds to the state before it and does not stand for it") {
  CHECK(distinct({{"heap", 11, 0, 3},
                  {"heap", 11, 2, 2, "here", "# values: what changed in this time"}}) == "0* 1* ");
}

TEST_CASE("of a merge and its parts the merge stands for all") {
  CHECK(distinct({{"heap", 11},
                  {"heap", 12},
                  {"heap", 13},
                  {"heap", 0, 0, 2, "here", "# merged: 2 profiles"}}) == "0* 1* 2* 3* ");
  const Workshop workshop;
  Profile merged = profile_of({"heap", 0, 0, 2, "here", "# merged: 2 profiles"});
  program::ProfileEditor editor(&merged);
  merged.add_comment(editor.text("# process app 11: ./app --fast"));
  merged.add_comment(editor.text("# process my app 12: ./my app"));
  const std::vector<std::string> paths = {
      workshop.write("a", profile_of({"heap", 11}).SerializeAsString()),
      workshop.write("b", profile_of({"heap", 12}).SerializeAsString()),
      workshop.write("c", profile_of({"heap", 13}).SerializeAsString()),
      workshop.write("m", merged.SerializeAsString())};
  const auto left = program::distinct_files(paths, "nothing");
  REQUIRE(left.size() == 2);
  CHECK(left[0].path == paths[2]);
  CHECK(left[1].path == paths[3]);
}

TEST_CASE("files that do not say of which process they are all count, and one given twice once") {
  CHECK(distinct({{"heap", 0}, {"heap", 0}}) == "0* 1* ");
  const Workshop workshop;
  const std::string path = workshop.write("a", profile_of({"heap", 0}).SerializeAsString());
  CHECK(program::distinct_files({path, path, workshop.path("missing")}, "nothing").size() == 2);
}

TEST_CASE("times that end after all time do not wrap") {
  CHECK(distinct({{"heap", 11, 0, 9000000000}, {"heap", 11, 0, 5}}) == "0* ");
}

TEST_CASE("what is dropped of an earlier file is its state alone") {
  Profile profile = profile_of({});
  program::drop_state(&profile);
  CHECK(profile.sample(0).value(0) == 7);
  CHECK(profile.sample(0).value(1) == 0);
}
