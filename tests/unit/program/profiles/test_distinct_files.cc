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
};

Profile profile_of(const Recording& of) {
  const std::string type = of.mode == "cpu" ? "cpu" : "alloc_space";
  Profile profile = SmallProfile(of.mode, {{type, "bytes"}, {"inuse_space", "bytes"}})
                        .add("f main", {7, 3})
                        .profile();
  program::ProfileEditor editor(&profile);
  if (of.pid != 0) profile.add_comment(editor.text("# pid: " + std::to_string(of.pid)));
  profile.add_comment(editor.text("# host: " + of.host));
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
