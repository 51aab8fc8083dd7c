// The stacks of a report: what the page is given is what the profiles hold, and small.
#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "program/report/report_page.h"
#include "program/report/stack_data.h"
#include "tests/unit/report/small_profile.h"

using namespace program;
using nlohmann::json;

namespace {

const std::vector<SampleType> kTypes = {{"samples", "count"}, {"cpu", "nanoseconds"}};

// The stack of each sample as the page puts it together: "root caller leaf".
std::map<std::string, double> stacks_of(const json& data, size_t column) {
  std::map<std::string, double> stacks;
  size_t leaf = 0;
  for (size_t i = 0; i < data["nodes"].size(); i++) {
    std::string stack;
    leaf += data["nodes"][i].get<size_t>();
    for (size_t node = leaf; node != 0; node -= data["parents"][node - 1].get<size_t>()) {
      const std::string name = data["names"][data["frames"][node - 1].get<size_t>()];
      stack = name + (stack.empty() ? "" : " " + stack);
    }
    stacks[stack] += data["values"][column][i].get<double>();
  }
  return stacks;
}

// Of a tree of functions as programs have it: wide at the leaves.
SmallProfile random_profile(const std::string& mode, size_t stacks, unsigned seed) {
  std::mt19937 random(seed);
  SmallProfile profile(mode, {{"samples", "count"}, {"cpu", "nanoseconds"}});
  std::vector<std::string> paths = {"main"};
  for (size_t i = 0; i < stacks; i++) {
    std::string path = paths[random() % paths.size()];
    const size_t depth = 1 + random() % 4;
    for (size_t d = 0; d < depth; d++) {
      const unsigned function = random() % 3000;
      path = "ns::Class" + std::to_string(function / 10) + "::method_" + std::to_string(function) +
             "(std::string,const&)" + " " + path;
    }
    paths.push_back(path);
    const auto count = static_cast<int64_t>(1 + random() % 50);
    profile.add(path, {count, count * 10'000'000});
  }
  return profile;
}

}  // namespace

TEST_CASE("the page has each stack once, with the sums of all profiles") {
  StackData data(kTypes, 1);
  SmallProfile first("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}});
  first.add("parse main", {1, 10}).add("read parse main", {2, 20}).add("", {1, 5});
  SmallProfile second("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}});
  second.add("parse main", {4, 40}).add("write main", {1, 11});
  data.add(first.profile(), 0, 1, {});
  data.add(second.profile(), 0, 1, {});
  const auto expected = std::map<std::string, double>{
      {"main parse", 50}, {"main parse read", 20}, {"main write", 11}, {"", 5}};
  CHECK(stacks_of(data.json(), 1) == expected);
  CHECK(data.json()["parents"].size() == 4);
}

TEST_CASE("samples of two processes stay apart, so that one alone can be shown") {
  StackData data(kTypes, 1);
  SmallProfile profile("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}});
  profile.add("parse main", {1, 10});
  data.add(profile.profile(), 0, 1, {{"pid", "1"}});
  data.add(profile.profile(), 0, 1, {{"pid", "2"}});
  const json made = data.json();
  CHECK(made["nodes"].size() == 2);
  CHECK(made["labels"] == json::parse(R"([["pid", "1"], ["pid", "2"]])"));
  CHECK(stacks_of(made, 1) == std::map<std::string, double>{{"main parse", 20}});
}

TEST_CASE("a comparison has the mean of each side, and no numbers of threads") {
  StackData data(kTypes, 2);
  SmallProfile base("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}});
  base.add("parse main", {1, 10'000});
  SmallProfile fresh("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}});
  fresh.add("parse main", {3, 30'000});
  data.add(base.profile(), 0, 0.5, {{"tid", "1"}});
  data.add(base.profile(), 0, 0.5, {{"tid", "2"}});
  data.add(fresh.profile(), 1, 1, {{"tid", "3"}});
  const json made = data.json();
  CHECK(made["nodes"].size() == 1);
  CHECK(stacks_of(made, 1).at("main parse") == 10'000);
  CHECK(stacks_of(made, 3).at("main parse") == 30'000);
  CHECK(made["places"][0].get<std::string>().find(':') == std::string::npos);
}

TEST_CASE("five profiles of ten thousand stacks each make a page below 1 MiB") {
  ReportInput input;
  input.title = "large";
  for (const char* mode : {"cpu", "wall", "heap", "block", "mutex"}) {
    auto& profile = input.profiles.emplace_back(mode, "cpu", kTypes);
    profile.stacks.add(random_profile(mode, 10'000, 7).profile(), 0, 1, {});
    CHECK(profile.stacks.stack_count() > 9'900);
  }
  SourceFiles sources;
  const std::string page = report_page(input, &sources);
  printf("figure: a page of 5 profiles of 10,000 stacks: %zu KiB\n", page.size() >> 10);
  CHECK(page.size() < 1 << 20);
}

TEST_CASE("no name can end the element that holds the data, or leave the page") {
  ReportInput input;
  input.title = "</script><img src=x>";
  auto& profile = input.profiles.emplace_back("cpu", "cpu", kTypes);
  SmallProfile hostile("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}});
  hostile.add("</script><script>alert(1)</script> main", {1, 10});
  profile.stacks.add(hostile.profile(), 0, 1, {});
  SourceFiles sources;
  const std::string page = report_page(input, &sources);
  CHECK(page.find("alert(1)") == std::string::npos);
  CHECK(page.find("<img") == std::string::npos);
  CHECK(page.find("http://") == std::string::npos);
  CHECK(page.find("https://") == std::string::npos);
}
