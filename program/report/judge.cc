#include "program/report/judge.h"

#include <unistd.h>

#include <cstdio>

#include "program/report/check.h"
#include "program/report/comparison.h"
#include "program/report/diff_forms.h"
#include "program/report/report_page.h"
#include "program/report/text_table.h"
#include "program/system/console.h"
#include "program/system/output_text.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

// A page holds what the profiles hold, and is as readable as they are.
// Known before anything has run.
bool is_place_for(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return access(directory.c_str(), W_OK | X_OK) == 0;
}

bool write_page(const std::string& path, const std::vector<Run>& base,
                const std::vector<Run>& fresh, const Comparison& comparison,
                const std::vector<GateOutcome>& outcomes) {
  const auto page = comparison_page(base, fresh, comparison, outcomes);
  std::vector<std::string> inputs;
  for (const auto* side : {&base, &fresh}) {
    for (const Run& run : *side) {
      for (const DistinctFile& file : run.files) inputs.push_back(file.path);
    }
  }
  return page && write_output(path, *page, inputs);
}

}  // namespace

void add_judge_options(CLI::App* app, JudgeOptions* options) {
  app->add_option(
         "--fail-on", options->fail_on,
         "End with 1 if FIGURE > +PERCENT%: 'cpu > +5%', 'alloc_objects[parse] > +0%'; may "
         "be repeated")
      ->type_name("GATE")
      ->allow_extra_args(false);
  app->add_option("-n,--functions", options->functions, "Rows of each table; 15 by default")
      ->type_name("N");
  app->add_option("-o,--page", options->page,
                  "Write a page with a flame graph of the difference, one HTML file")
      ->type_name("FILE.html");
  add_check_options(app, &options->forms);
  app->add_flag("--json", options->is_json, "Print JSON");
}

bool parse_gates(const std::string& subcommand, JudgeOptions* options) {
  if (options->is_json && options->forms.annotations == "github") {
    say(Level::kError, subcommand + ": --json and --annotations github both want stdout");
    return false;
  }
  if (!options->page.empty() && !is_place_for(options->page)) {
    say(Level::kError, options->page + ": there is no directory for it that can be written to");
    return false;
  }
  if (options->page == "-") {
    say(Level::kError, subcommand + ": -o -: stdout has the tables; a page needs a file");
    return false;
  }
  for (const std::string& text : options->fail_on) {
    std::string error;
    const auto gate = parse_gate(text, &error);
    if (!gate) {
      say(Level::kError, subcommand + ": --fail-on '" + text + "': " + error);
      return false;
    }
    options->gates.push_back(*gate);
  }
  return true;
}

int judge(const std::string& subcommand, const JudgeOptions& options, const std::vector<Run>& base,
          const std::vector<Run>& fresh, bool are_pairs) {
  const Comparer comparer(base, fresh, are_pairs);
  const Comparison comparison = comparer.compare();
  if (comparison.types.empty()) {
    say(Level::kError,
        subcommand + ": the two sides have no sample type in common; nothing is compared");
    return kUsageOrUnreadable;
  }
  const auto outcomes = evaluate(options.gates, comparer, comparison);
  const FormOptions form{options.functions, stdout_columns(), stdout_has_colours()};
  fputs((options.is_json ? diff_json(comparison, outcomes) : diff_text(comparison, outcomes, form))
            .c_str(),
        stdout);
  const std::vector<CheckOutcome> checks = checks_of(outcomes);
  const std::string summary =
      diff_markdown(comparison, outcomes, FormOptions{options.functions, 0, false});
  const bool is_shown =
      options.page.empty() || write_page(options.page, base, fresh, comparison, outcomes);
  if (!write_forms(options.forms, checks, summary) || !is_shown) return kUsageOrUnreadable;
  if (!options.page.empty() && !options.is_json) printf("\npage: %s\n", options.page.c_str());
  return say_checks(subcommand + ": --fail-on", checks);
}

}  // namespace program
