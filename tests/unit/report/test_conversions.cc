// Profiles in other tools' formats: every value arrives, under the thread and stack that it had.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "program/convert/converted_stacks.h"
#include "tests/unit/report/small_profile.h"

using namespace program;
using nlohmann::json;

namespace {

SmallProfile sample_profile() {
  SmallProfile profile("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}});
  profile.add("read parse main", {2, 20'000'000}).add("parse main", {1, 10'000'000});
  profile.add("read parse main", {1, 5'000'000}).add("", {1, 1'000'000});
  return profile;
}

}  // namespace

TEST_CASE("collapsed stacks are summed, and names cannot break a line") {
  const SmallProfile profile = sample_profile();
  CHECK(collapsed_stacks(profile.profile(), 1) ==
        "[no stack] 1000000\nmain;parse 10000000\nmain;parse;read 25000000\n");
  SmallProfile odd("cpu", {{"cpu", "nanoseconds"}});
  odd.add("a;b\nc main", {3});
  CHECK(collapsed_stacks(odd.profile(), 0) == "main;a:b c 3\n");
}

TEST_CASE("values below zero are left out of formats that have none") {
  SmallProfile profile("cpu", {{"cpu", "nanoseconds"}});
  profile.add("grown main", {5}).add("shrunk main", {-3});
  CHECK(collapsed_stacks(profile.profile(), 0) == "main;grown 5\n");
  CHECK(json::parse(speedscope_file(profile.profile(), 0, "app"))["profiles"][0]["endValue"] == 5);
  CHECK(json::parse(
            firefox_profile(profile.profile(), 0, "app"))["threads"][0]["samples"]["length"] == 1);
}

TEST_CASE("a speedscope file has each sample type, its unit and all of its value") {
  const json file = json::parse(speedscope_file(sample_profile().profile(), 1, "app"));
  CHECK(file["activeProfileIndex"] == 1);
  REQUIRE(file["profiles"].size() == 2);
  CHECK(file["profiles"][0]["unit"] == "none");
  CHECK(file["profiles"][1]["unit"] == "nanoseconds");
  CHECK(file["profiles"][1]["endValue"] == 36'000'000);
  const json& frames = file["shared"]["frames"];
  const json& stack = file["profiles"][1]["samples"][0];
  REQUIRE(stack.size() == 3);
  CHECK(frames[stack[0].get<size_t>()] ==
        json{{"name", "main"}, {"file", "/src/main.c"}, {"line", 10}});
  CHECK(frames[stack[2].get<size_t>()]["name"] == "read");
}

TEST_CASE("a Firefox profile has a weight for each sample and a row for each stack") {
  const json file = json::parse(firefox_profile(sample_profile().profile(), 1, "app"));
  REQUIRE(file["threads"].size() == 1);
  const json& thread = file["threads"][0];
  CHECK(thread["samples"]["weight"] == json{20, 10, 5, 1});
  CHECK(thread["samples"]["stack"][3].is_null());
  CHECK(thread["samples"]["stack"][0] == thread["samples"]["stack"][2]);
  std::string names;
  for (json node = thread["samples"]["stack"][0]; !node.is_null();
       node = thread["stackTable"]["prefix"][node.get<size_t>()]) {
    const size_t frame = thread["stackTable"]["frame"][node.get<size_t>()];
    const size_t function = thread["frameTable"]["func"][frame];
    names += thread["stringArray"][thread["funcTable"]["name"][function].get<size_t>()]
                 .get<std::string>() +
             " ";
  }
  CHECK(names == "read parse main ");
  for (const char* table : {"stackTable", "frameTable", "funcTable", "samples"}) {
    for (const auto& [column, values] : thread[table].items()) {
      if (values.is_array()) CHECK(values.size() == thread[table]["length"]);
    }
  }
}
