// profiler compare -- BASE -- NEW: runs two commands in turn, each under `profiler run`, and
// compares their profiles.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "program/report/judge.h"
#include "program/report/runs_in_turn.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"
#include "program/system/variable.h"

namespace program {
namespace {

constexpr int kNoVerdict = 125;

bool is_separator(const std::string& word) {
  return word == "--";
}

// BASE... -- NEW...: the last `--` that stands alone separates, since a command may have its own.
bool split_commands(const std::vector<std::string>& words, TurnsOptions* turns) {
  const auto last = std::find_if(words.rbegin(), words.rend(), is_separator);
  if (last == words.rend()) return false;
  turns->base.assign(words.begin(), last.base() - 1);
  turns->fresh.assign(last.base(), words.end());
  return !turns->base.empty() && !turns->fresh.empty();
}

bool refuse(const std::string& sentence) {
  say(Level::kError, "compare: " + sentence + " (see profiler help compare)");
  return false;
}

struct CommandTexts {
  std::string base, fresh;  // for sh
};

// The two commands, from behind `--` (`words`; null: there was none) or as texts. False after one
// line.
bool set_commands(const CommandTexts& texts, const std::vector<std::string>* words,
                  TurnsOptions* turns) {
  const bool has_text = !texts.base.empty() || !texts.fresh.empty();
  if (words != nullptr && has_text) {
    return refuse("commands stand behind -- or in --base and --new, not in both");
  }
  if (turns->is_base_bare) {
    if (!texts.fresh.empty()) return refuse("--bare runs one command, so --new has no use");
    if (words != nullptr) turns->base = *words;
    if (!texts.base.empty()) turns->base = {"sh", "-c", texts.base};
    turns->fresh = turns->base;
    return !turns->base.empty() || refuse("--bare needs one command: -- COMMAND...");
  }
  if (words != nullptr && split_commands(*words, turns)) return true;
  if (texts.base.empty() || texts.fresh.empty()) {
    return refuse("two commands are needed: -- BASE... -- NEW..., or --base and --new");
  }
  turns->base = {"sh", "-c", texts.base}, turns->fresh = {"sh", "-c", texts.fresh};
  return true;
}

// Ten runs of a second then have ten thousand samples, enough to see a function grow by 3 % of the
// whole; the profiler's cost stays below 1 %.
void set_rate(std::vector<std::string>* run_options) {
  const bool is_given =
      std::any_of(run_options->begin(), run_options->end(),
                  [](const auto& option) { return option.find("hz") != std::string::npos; });
  const bool is_set = !variable("PROFILER_CPU_HZ").empty() || !variable("PROFILER_WALL_HZ").empty();
  if (!is_given && !is_set) run_options->push_back("--hz=1000");
}

// A new directory, so that no profile of an earlier comparison takes part.
bool make_directory(std::string* directory) {
  if (directory->empty()) {
    char name[] = "compare-XXXXXX";
    if (mkdtemp(name) == nullptr) return false;
    *directory = name;
    return true;
  }
  std::error_code error;
  std::filesystem::create_directories(*directory, error);
  return !error && std::filesystem::is_empty(*directory, error);
}

// What the profiler itself cost.
int judge_cost(const JudgeOptions& options, const TurnsCosts& costs) {
  std::vector<Run> bare, profiled;
  for (const RunCost& cost : costs.base) bare.push_back(run_of(cost));
  for (const RunCost& cost : costs.fresh) profiled.push_back(run_of(cost));
  return judge("compare", options, bare, profiled, true);
}

int read_and_judge(const JudgeOptions& options, const std::string& directory, size_t pairs) {
  confine();
  try {
    std::vector<Run> base, fresh;
    const auto watching = [&](const FigureName& name) { return functions_of(options.gates, name); };
    if (!read_runs({directory + "/base"}, watching, &base) ||
        !read_runs({directory + "/new"}, watching, &fresh)) {
      return kNoVerdict;
    }
    if (base.size() != pairs || fresh.size() != pairs) {
      say(Level::kError, "compare: profiles are missing; there is no verdict");
      return kNoVerdict;
    }
    return judge("compare", options, base, fresh, true);
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; nothing is compared");
    return kNoVerdict;
  }
}

}  // namespace

int compare(int argc, char** argv) {
  JudgeOptions options;
  TurnsOptions turns;
  std::string mode;
  CommandTexts texts;
  std::vector<std::string> more;
  CLI::App app(
      "Runs two commands in turn, each as `profiler run` does, and compares their profiles. Both "
      "run\n"
      "once in each pair; the order within a pair changes. What they print goes to output.txt "
      "beside\n"
      "their profiles. Ends with 1 if a gate fails, with 125 if a command fails.");
  app.add_option("--runs", turns.pairs,
                 "Pairs of runs; 10 by default, enough for 25 gates; 6 for one gate")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  app.add_option("--mode", mode, "Modes as for `run`; cpu by default")->type_name("M");
  app.add_option("--run-option", more,
                 "Another option of `run`, such as --run-option=--heap-rate=1; may be repeated. "
                 "Without a rate "
                 "cpu and wall have --hz=1000")
      ->type_name("OPTION")
      ->allow_extra_args(false);
  app.add_option("--output", turns.directory,
                 "Keep the profiles in this new or empty directory; else in compare-XXXXXX")
      ->type_name("DIR");
  app.add_option("--base", texts.base, "The base side as a command of sh")->type_name("'COMMAND'");
  app.add_option("--new", texts.fresh, "The new side as a command of sh")->type_name("'COMMAND'");
  app.add_flag("--bare", turns.is_base_bare,
               "Run one command without and with the profiler, and compare what the runs cost: "
               "cost.time and cost.cpu, the start of `profiler run` and names included");
  add_judge_options(&app, &options);
  char** const end = argv + argc;
  char** const first = std::find_if(argv, end, [](const char* word) { return is_separator(word); });
  if (const auto ended = parse(&app, static_cast<int>(first - argv), argv, "-- BASE... -- NEW..."))
    return *ended;
  std::vector<std::string> words;
  if (first != end) words.assign(first + 1, end);
  if (!set_commands(texts, first != end ? &words : nullptr, &turns)) return kUsageOrUnreadable;
  if (turns.is_base_bare && !options.page.empty()) {
    refuse("--bare measures what runs cost, and has no stacks for a page");
    return kUsageOrUnreadable;
  }
  if (!parse_gates("compare", &options)) return kUsageOrUnreadable;
  const size_t needed = pairs_needed(options.gates.size());
  if (!options.gates.empty() && turns.pairs < needed) {
    say(Level::kInfo, "compare: fewer than " + std::to_string(needed) +
                          " pairs give a verdict only on figures that are the same in each run");
  }
  if (!make_directory(&turns.directory)) {
    say(Level::kError, "compare: " + turns.directory + ": it cannot be made, or is not empty");
    return kUsageOrUnreadable;
  }
  if (!mode.empty()) turns.run_options = {"--mode", mode};
  turns.run_options.insert(turns.run_options.end(), more.begin(), more.end());
  if (!turns.is_base_bare) set_rate(&turns.run_options);
  TurnsCosts costs;
  if (!run_in_turn(turns, &costs)) return kNoVerdict;
  const int status = turns.is_base_bare ? judge_cost(options, costs)
                                        : read_and_judge(options, turns.directory, turns.pairs);
  if (!options.is_json) printf("\nprofiles: %s\n", turns.directory.c_str());
  return status;
}

}  // namespace program
