// profiler diff BASE NEW: two sets of runs compared, with intervals, verdicts and gates.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "encoder/program/command_line.h"
#include "encoder/program/confinement.h"
#include "encoder/program/console.h"
#include "encoder/program/report/comparison.h"
#include "encoder/program/report/diff_forms.h"
#include "encoder/program/report/gate.h"
#include "encoder/program/report/text_table.h"
#include "encoder/program/subcommand.h"

namespace program {
namespace {

struct DiffOptions {
  std::vector<std::string> base, fresh, fail_on;
  std::string markdown;
  size_t functions = 15;
  bool is_json = false, is_unpaired = false;
};

// Runs are pairs where both sides are as many.
bool are_pairs(const DiffOptions& options, const std::vector<Run>& base,
               const std::vector<Run>& fresh) {
  return !options.is_unpaired && base.size() == fresh.size();
}

bool parse_gates(const std::vector<std::string>& texts, std::vector<Gate>* gates) {
  for (const std::string& text : texts) {
    std::string error;
    const auto gate = parse_gate(text, &error);
    if (!gate) {
      say(Level::kError, "diff: --fail-on '" + text + "': " + error);
      return false;
    }
    gates->push_back(*gate);
  }
  return true;
}

// In CI services a file of this name is the job's summary.
std::string summary_path(const std::string& given) {
  if (!given.empty()) return given;
  const char* path = getenv("GITHUB_STEP_SUMMARY");
  return path != nullptr ? path : "";
}

int say_outcomes(const std::vector<GateOutcome>& outcomes) {
  int status = kDone;
  for (const GateOutcome& outcome : outcomes) {
    if (outcome.result == GateResult::kFailed) status = std::max(status, kCheckFailed);
    if (outcome.result != GateResult::kNoFigure) continue;
    say(Level::kError, "diff: --fail-on '" + outcome.gate.text + "': " + outcome.why);
    status = kUsageOrUnreadable;
  }
  return status;
}

int diff_of(const DiffOptions& options) {
  std::vector<Gate> gates;
  std::vector<Run> base, fresh;
  if (!parse_gates(options.fail_on, &gates) || !read_runs(options.base, &base) ||
      !read_runs(options.fresh, &fresh)) {
    return kUsageOrUnreadable;
  }
  const Comparer comparer(base, fresh, are_pairs(options, base, fresh));
  const Comparison comparison = comparer.compare();
  if (comparison.types.empty()) {
    say(Level::kError, "diff: the two sides have no sample type in common; nothing is compared");
    return kUsageOrUnreadable;
  }
  const auto outcomes = evaluate(gates, comparer, comparison);
  const FormOptions form{options.functions, stdout_columns(), stdout_has_colours()};
  fputs((options.is_json ? diff_json(comparison, outcomes) : diff_text(comparison, outcomes, form))
            .c_str(),
        stdout);
  const std::string summary = summary_path(options.markdown);
  if (!summary.empty()) {
    std::ofstream file(summary, std::ios::app);
    if (!(file << diff_markdown(comparison, outcomes, form) << std::flush)) {
      say(Level::kError, summary + ": cannot be written");
      return kUsageOrUnreadable;
    }
  }
  return say_outcomes(outcomes);
}

}  // namespace

int diff(int argc, char** argv) {
  DiffOptions options;
  std::vector<std::string> paths;
  CLI::App app(
      "Compares two sides, each a file, a directory of runs, or several of them (then `--` stands\n"
      "between the sides). A file is a run, and so is a subdirectory that holds the files of a "
      "run.\n"
      "Ends with 1 if a gate fails: if the whole interval of its figure is above what it allows.");
  app.add_option("--fail-on", options.fail_on,
                 "A gate, such as 'cpu > +5%' or 'alloc_objects[parse] > +0%'; may be repeated")
      ->type_name("GATE");
  app.add_option("-n,--functions", options.functions, "Rows of each table; 15 by default")
      ->type_name("N");
  app.add_option("--markdown", options.markdown,
                 "Append the comparison to this file; else to $GITHUB_STEP_SUMMARY, if it is set")
      ->type_name("FILE");
  app.add_flag("--json", options.is_json, "Print JSON");
  app.add_flag("--unpaired", options.is_unpaired,
               "Runs with the same number do not belong together");
  app.add_option("PATH", paths, "BASE NEW, or BASE... -- NEW...")->required();
  // CLI11 would take `--` for itself.
  char** const separator =
      std::find_if(argv, argv + argc, [](char* word) { return strcmp(word, "--") == 0; });
  const auto given = static_cast<int>(separator - argv);
  if (const auto ended = parse(&app, given, argv)) return *ended;
  if (given < argc) {
    options.base = paths;
    options.fresh.assign(separator + 1, argv + argc);
  } else if (paths.size() == 2) {
    options.base = {paths[0]}, options.fresh = {paths[1]};
  }
  if (options.base.empty() || options.fresh.empty()) {
    say(Level::kError,
        "diff: two sides are needed: BASE NEW, or BASE... -- NEW... (see profiler help diff)");
    return kUsageOrUnreadable;
  }
  confine();
  try {
    return diff_of(options);
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; nothing is compared");
    return kCheckFailed;
  }
}

}  // namespace program
