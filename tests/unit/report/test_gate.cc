// Comparisons and gates.
#include <catch2/catch.hpp>

#include "program/report/ci_forms.h"
#include "program/report/diff_forms.h"
#include "program/report/gate.h"
#include "tests/unit/report/small_profile.h"

using namespace program;

namespace {

const FigureName kObjects{"heap", "alloc_objects", "count"};

Run run_of(const std::vector<std::pair<std::string, int64_t>>& stacks, int64_t period = 1) {
  SmallProfile profile("heap", {{"alloc_objects", "count"}, {"alloc_space", "bytes"}}, period);
  for (const auto& [stack, count] : stacks) profile.add(stack, {count, 100 * count});
  Run run{"run", {}};
  FigureTable& table = run.figures.try_emplace(kObjects, Grouping::kFunctionInFile).first->second;
  table.watch({{"f"}, {"leak"}, {"prase"}, {"pars*"}, {"parse_*"}});
  table.add(profile.profile(), 0);
  return run;
}

CheckResult result_of(const std::string& text, const std::vector<Run>& base,
                      const std::vector<Run>& fresh) {
  std::string error;
  const auto gate = parse_gate(text, &error);
  REQUIRE(gate);
  const Comparer comparer(base, fresh, true);
  return evaluate({*gate}, comparer, comparer.compare())[0].result;
}

const Change& function(const Comparison& comparison, const std::string& name) {
  for (const Change& change : comparison.types[0].functions) {
    if (change.function == name) return change;
  }
  FAIL("no function " + name);
  return comparison.types[0].total;
}

}  // namespace

TEST_CASE("a gate is a figure and how much more of it there may be") {
  std::string error;
  const auto gate = parse_gate("block.delay[std::map<int, char>::at] > +10%", &error);
  REQUIRE(gate);
  CHECK(gate->figure.mode == "block");
  CHECK(gate->figure.type == "delay");
  CHECK(gate->figure.function == "std::map<int, char>::at");
  CHECK(gate->allowed == Approx(1.1));
  CHECK(parse_gate("operator>[operator>] > +1%", &error).has_value() == false);
  for (const std::string bad : {"cpu", "cpu > 5%", "cpu > +5", "cpu >> +5%", "> +5%", "cpu[] > +5%",
                                "cpu < +5%", "flat:cpu > +5%"}) {
    INFO(bad);
    CHECK_FALSE(parse_gate(bad, &error).has_value());
    CHECK_FALSE(error.empty());
  }
}

TEST_CASE("one more allocation of a hundred fails a gate of none, at one run a side") {
  const std::vector<Run> base = {run_of({{"f main", 100}})}, fresh = {run_of({{"f main", 101}})};
  CHECK(result_of("alloc_objects > +0%", base, fresh) == CheckResult::kFailed);
  CHECK(result_of("alloc_objects > +1%", base, fresh) == CheckResult::kPassed);
  CHECK(result_of("alloc_objects[f] > +0%", base, fresh) == CheckResult::kFailed);
  CHECK(result_of("alloc_objects > +0%", base, base) == CheckResult::kPassed);
  CHECK(result_of("cpu > +0%", base, fresh) == CheckResult::kNoFigure);
}

TEST_CASE("counts that are the same in each run are certain, however few the runs") {
  const std::vector<Run> base(3, run_of({{"f main", 100}})), fresh(3, run_of({{"f main", 101}}));
  CHECK(result_of("alloc_objects > +0%", base, fresh) == CheckResult::kFailed);
  const std::vector<Run> uneven = {run_of({{"f", 101}}), run_of({{"f", 102}}),
                                   run_of({{"f", 103}})};
  CHECK(result_of("alloc_objects > +0%", base, uneven) == CheckResult::kUndecided);
}

TEST_CASE("what appears where there was nothing fails") {
  const std::vector<Run> base = {run_of({{"f main", 5}})};
  const std::vector<Run> fresh = {run_of({{"f main", 5}, {"leak main", 3}})};
  CHECK(result_of("alloc_objects[leak] > +100%", base, fresh) == CheckResult::kFailed);
  CHECK(result_of("alloc_objects[leak] > +100%", fresh, base) == CheckResult::kPassed);
}

// It passed: as 0 on both sides.
TEST_CASE("a gate on a function that neither side has is no verdict") {
  const std::vector<Run> base = {run_of({{"parse main", 5}})};
  CHECK(result_of("alloc_objects[prase] > +0%", base, base) == CheckResult::kNoFigure);
  CHECK(result_of("alloc_objects[pars*] > +0%", base, base) == CheckResult::kPassed);
}

// The verdict was "exact" while nine tenths of the stacks were lost.
TEST_CASE("a gate is undecided where lost or cut stacks could turn its verdict") {
  const std::vector<Run> base = {run_of({{"leak main", 100}, {"[lost]", 20}})};
  const std::vector<Run> lost = {run_of({{"leak main", 100}, {"[lost]", 120}})};
  CHECK(result_of("alloc_objects[leak] > +50%", base, lost) == CheckResult::kUndecided);
  CHECK(result_of("alloc_objects[leak] > +150%", base, lost) == CheckResult::kPassed);
  const std::vector<Run> cut = {run_of({{"leak main", 100}, {"f [truncated]", 60}})};
  CHECK(result_of("alloc_objects[leak] > +50%", base, cut) == CheckResult::kUndecided);
  CHECK(result_of("alloc_objects[f] > +50%", cut, cut) == CheckResult::kPassed);
  const std::vector<Run> more = {run_of({{"leak main", 300}})};
  CHECK(result_of("alloc_objects[leak] > +50%", base, more) == CheckResult::kFailed);
  const std::vector<Run> nearly_all_lost = {run_of({{"leak main", 100}, {"[lost]", 300}})};
  CHECK(result_of("alloc_objects[leak] > +50%", nearly_all_lost, more) == CheckResult::kUndecided);
}

// Nested functions of one glob counted twice.
TEST_CASE("a sample that holds several functions of a glob counts once") {
  const std::vector<Run> base = {run_of({{"parse_all main", 100}})};
  const std::vector<Run> split = {run_of({{"parse_item parse_all main", 100}})};
  CHECK(result_of("alloc_objects[parse_*] > +5%", base, split) == CheckResult::kPassed);
}

// The run without it counted as 0, and made any growth a fall.
TEST_CASE("a figure that one of the runs lacks is no verdict") {
  const std::vector<Run> whole(2, run_of({{"f main", 100}}));
  std::vector<Run> lacking = whole;
  lacking[1].figures.clear();
  CHECK(result_of("alloc_objects > +0%", whole, lacking) == CheckResult::kNoFigure);
  CHECK(result_of("alloc_objects > +0%", lacking, whole) == CheckResult::kNoFigure);
}

TEST_CASE("one sampled run a side fails only beyond its sampling error") {
  const std::vector<Run> base = {run_of({{"f", 1000000}}, 524288)};
  CHECK(result_of("alloc_objects > +0%", base, {run_of({{"f", 1010000}}, 524288)}) ==
        CheckResult::kPassed);
  CHECK(result_of("alloc_objects > +0%", base, {run_of({{"f", 3000000}}, 524288)}) ==
        CheckResult::kFailed);
}

TEST_CASE("the function that grew is in the first row, with its verdict") {
  const std::vector<Run> base = {run_of({{"f main", 50}, {"g main", 50}})};
  const std::vector<Run> fresh = {run_of({{"f main", 50}, {"g main", 60}})};
  const Comparison comparison = Comparer(base, fresh, true).compare();
  REQUIRE(comparison.types.size() == 1);
  CHECK(comparison.types[0].functions[0].function == "g");
  CHECK(function(comparison, "g").verdict == Verdict::kMore);
  CHECK(function(comparison, "f").verdict == Verdict::kNoChange);
  CHECK(function(comparison, "main").verdict == Verdict::kMore);
}

TEST_CASE("a function that one build inlined into its caller has moved") {
  const std::vector<Run> base = {
      run_of({{"f outer main", 40}, {"outer main", 10}, {"g main", 50}})};
  const std::vector<Run> fresh = {run_of({{"outer main", 50}, {"g main", 50}})};
  const Comparison comparison = Comparer(base, fresh, true).compare();
  CHECK(function(comparison, "f").verdict == Verdict::kMoved);
  CHECK(function(comparison, "outer").verdict == Verdict::kNoChange);
}

TEST_CASE("a function without a file is compared by its name") {
  const std::vector<Run> base = {run_of({{"[loader]", 40}, {"f main", 60}})};
  const std::vector<Run> fresh = {run_of({{"[loader]", 50}, {"f main", 60}})};
  const Comparison comparison = Comparer(base, fresh, true).compare();
  CHECK(function(comparison, "[loader]").base == 40);
  CHECK(function(comparison, "[loader]").fresh == 50);
  CHECK(function(comparison, "[loader]").verdict == Verdict::kMore);
}

TEST_CASE("failed gates are JUnit's failures, GitHub's annotations and GitLab's findings") {
  const std::vector<Run> base = {run_of({{"f main", 100}})}, fresh = {run_of({{"f main", 120}})};
  std::string error;
  const auto gate = parse_gate("alloc_objects[f] > +5%", &error);
  const Comparer comparer(base, fresh, true);
  const auto outcomes = checks_of(evaluate({*gate}, comparer, comparer.compare()));
  CHECK_THAT(junit(outcomes),
             Catch::Contains("failures=\"1\"") && Catch::Contains("<failure message="));
  CHECK(
      github_annotations(outcomes, "/src") ==
      "::error title=alloc_objects[f] > +5%25,file=f.c,line=10::failed: alloc_objects[f] > +5%25: "
      "100 to 120, +20.0 %25 (exact); f (/src/f.c:10)\n");
  CHECK_THAT(gitlab_report(outcomes, "/src"),
             Catch::Contains("\"path\": \"f.c\"") && Catch::Contains("\"begin\": 10"));
}
