// Absolute limits on figures.
#include <catch2/catch.hpp>

#include "program/report/limit.h"
#include "tests/unit/report/small_profile.h"

using namespace program;

namespace {

Limit limit(const std::string& text) {
  std::string error;
  const auto parsed = parse_limit(text, &error);
  INFO(text << ": " << error);
  REQUIRE(parsed);
  return *parsed;
}

CheckOutcome outcome_of(const std::string& text, const SmallProfile& profile) {
  LimitedFigures figures({limit(text)});
  figures.add(profile.profile());
  return figures.evaluate_all()[0];
}

CheckResult result_of(const std::string& text, const SmallProfile& profile) {
  return outcome_of(text, profile).result;
}

SmallProfile heap(int64_t period) {
  return {"heap", {{"alloc_objects", "count"}, {"alloc_space", "bytes"}}, period};
}

}  // namespace

TEST_CASE("a limit is a figure, a program where it is one program's, and an amount") {
  CHECK(limit("alloc_space=64M").maximum == 64 << 20);
  CHECK(limit("block.delay=1.5s").maximum == 1.5e9);
  CHECK(limit("fd@worker=3").program == "worker");
  const Limit named = limit("flat:cpu[operator==(A const&, A const&)]@a.out=10ms");
  CHECK(named.figure.function == "operator==(A const&, A const&)");
  CHECK(named.figure.is_flat);
  CHECK(named.program == "a.out");
  CHECK(named.maximum == 10e6);
  CHECK(limit("cpu[user@host]=1").program.empty());
  std::string error;
  for (const std::string bad : {"", "fd", "fd=", "fd=x", "fd=-1", "=3", "fd@=3", "cpu[]=1",
                                "cpu[f=1", "fd=1e", "fd = 1", "cpu=5%", "cpu=inf", "cpu=nan"}) {
    INFO(bad);
    CHECK_FALSE(parse_limit(bad, &error).has_value());
    CHECK_FALSE(error.empty());
  }
}

TEST_CASE("a counted figure is exceeded by one above the limit, and not by as much") {
  SmallProfile profile = heap(1);
  profile.add("f main", {10, 1000}).add("g main", {5, 100});
  CHECK(result_of("alloc_objects=15", profile) == CheckResult::kPassed);
  CHECK(result_of("alloc_objects=14", profile) == CheckResult::kFailed);
  CHECK(result_of("alloc_objects[f]=10", profile) == CheckResult::kPassed);
  CHECK(result_of("alloc_objects[f]=9", profile) == CheckResult::kFailed);
  CHECK(result_of("flat:alloc_objects[main]=0", profile) == CheckResult::kPassed);
  CHECK(result_of("alloc_objects[no_such*]=0", profile) == CheckResult::kPassed);
  CHECK(result_of("peak_space=1", profile) == CheckResult::kNoFigure);
}

TEST_CASE("a limit on a name that matches nothing holds, and says so") {
  SmallProfile named = heap(1);
  named.add("parse main", {10, 1000});
  const CheckOutcome misspelt = outcome_of("alloc_objects[prase]=3", named);
  CHECK(misspelt.result == CheckResult::kPassed);
  CHECK(misspelt.has_remark);
  CHECK(misspelt.why == "no function has this name, so it counts as 0");
  CHECK_FALSE(outcome_of("alloc_objects[parse]=10", named).has_remark);
}

// Nine tenths were lost for memory, and the limit held in silence.
TEST_CASE("a limit is not judged where lost, cut or unnamed stacks could exceed it") {
  for (const std::string stack : {"[lost]", "leaf [truncated]", "leaf [unknown]", "0x1234 main"}) {
    INFO(stack);
    SmallProfile profile = heap(1);
    profile.add("parse main", {10, 1000}).add(stack, {4, 400});
    CHECK(result_of("alloc_objects[parse]=14", profile) == CheckResult::kPassed);
    CHECK(result_of("alloc_objects[prase]=4", profile) == CheckResult::kPassed);
    CHECK(result_of("alloc_objects[prase]=3", profile) == CheckResult::kNoFigure);
    const CheckOutcome outcome = outcome_of("alloc_objects[parse]=13", profile);
    CHECK(outcome.result == CheckResult::kNoFigure);
    CHECK(outcome.why ==
          "10, and 4 more have stacks that are lost, cut or without names: it may be above 13");
    CHECK(result_of("alloc_objects[parse]=9", profile) == CheckResult::kFailed);
  }
  SmallProfile sampled("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}}, 10000000);
  sampled.add("parse main", {100, 1000000000}).add("[lost]", {1, 10000000});
  CHECK(result_of("cpu[parse]=1s", sampled) == CheckResult::kPassed);
}

TEST_CASE("a sample that holds several functions of a glob counts once in a limit") {
  SmallProfile profile = heap(1);
  profile.add("parse_item parse_all main", {10, 1000});
  CHECK(result_of("alloc_objects[parse_*]=10", profile) == CheckResult::kPassed);
  CHECK(result_of("alloc_objects[*]=10", profile) == CheckResult::kPassed);
  CHECK(result_of("flat:alloc_objects[parse_*]=9", profile) == CheckResult::kFailed);
}

// alloc_space=64m was 64 minutes, and held.
TEST_CASE("an amount has the unit of its figure, or none") {
  std::string error;
  for (const std::string bad : {"alloc_space=64m", "alloc_space=1s", "alloc_objects=64ms",
                                "alloc_objects=1M", "cpu=1M", "block.delay=3KiB", "fd=1B"}) {
    INFO(bad);
    CHECK_FALSE(parse_limit(bad, &error));
    CHECK_THAT(error, Catch::Contains("not in"));
  }
  CHECK_FALSE(parse_limit("alloc_space=64MB", &error));
  CHECK(error == "'64MB' is no amount; units are B, K, M, G and ns, us, ms, s, m");
  SmallProfile custom("jobs", {{"weight", "bytes"}});
  custom.add("f", {5});
  CHECK(result_of("weight=5B", custom) == CheckResult::kPassed);
  CHECK(result_of("weight=5s", custom) == CheckResult::kNoFigure);
}

TEST_CASE("a profile of another tool with a negative rate or values does not pass for it") {
  SmallProfile profile("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}}, -5);
  profile.add("f main", {0, 1000}).add("g main", {-1, -10});
  CHECK(result_of("cpu=900", profile) == CheckResult::kFailed);
  CHECK(result_of("cpu[f]=900", profile) == CheckResult::kFailed);
}

TEST_CASE("a sampled figure is exceeded only if its whole interval is above the limit") {
  SmallProfile profile = heap(524288);
  // 100 samples of 4 KiB blocks: a standard error of a tenth.
  profile.add("f main", {12850, 12850 * 4096});
  CHECK(result_of("alloc_objects=12000", profile) == CheckResult::kPassed);
  CHECK(result_of("alloc_objects=9000", profile) == CheckResult::kFailed);
}

TEST_CASE("descriptors that the program was started with are not its own") {
  SmallProfile profile("fd", {{"fd", "count"}});
  profile.add("[unknown]", {3});
  CHECK(result_of("fd=0", profile) == CheckResult::kPassed);
  profile.add("open_log main", {1});
  CHECK(result_of("fd=0", profile) == CheckResult::kFailed);
  CHECK(result_of("fd=1", profile) == CheckResult::kPassed);
}

TEST_CASE("a failed limit names the function with the most of it, its file and its line") {
  SmallProfile profile = heap(1);
  profile.add("[lost]", {100, 100}).add("f main", {10, 1000}).add("g main", {50, 100});
  const CheckOutcome outcome = outcome_of("alloc_objects=1", profile);
  CHECK(check_line(outcome) == "failed: alloc_objects=1: 160, above 1; g (/src/g.c:10)");
  CHECK(outcome_of("alloc_objects[f]=1", profile).function == "f");
}

TEST_CASE("the processes of a tree are summed, and a figure of two modes has to be told apart") {
  SmallProfile block("block", {{"contentions", "count"}, {"delay", "nanoseconds"}});
  block.add("f", {1, 50000});
  SmallProfile mutex("mutex", {{"contentions", "count"}, {"delay", "nanoseconds"}});
  mutex.add("g", {1, 20000});
  LimitedFigures figures({});
  figures.add(block.profile()), figures.add(block.profile()), figures.add(mutex.profile());
  CHECK(figures.evaluate(limit("delay=1")).result == CheckResult::kNoFigure);
  CHECK(figures.evaluate(limit("block.delay=100us")).result == CheckResult::kPassed);
  CHECK(figures.evaluate(limit("block.delay=99us")).result == CheckResult::kFailed);
  CHECK(figures.evaluate(limit("fd@other=0")).result == CheckResult::kNoFigure);
}
