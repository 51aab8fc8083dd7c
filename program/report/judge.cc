#include "program/report/judge.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "program/report/ci_forms.h"
#include "program/report/comparison.h"
#include "program/report/diff_forms.h"
#include "program/report/report_page.h"
#include "program/report/text_table.h"
#include "program/system/console.h"
#include "program/system/file_mode.h"
#include "program/system/subcommand.h"
#include "program/system/variable.h"
#include "program/system/whole_file.h"

namespace program {
namespace {

constexpr const char* kGitlabReport = "gl-code-quality-report.json";

bool write(const std::string& path, const std::string& text, std::ios::openmode how) {
  std::ofstream file(path, how);
  if (file << text << std::flush) return true;
  say(Level::kError, path + ": cannot be written");
  return false;
}

// A page holds what the profiles hold, and is as readable as they are.
bool write_page(const std::string& path, const std::vector<Run>& base,
                const std::vector<Run>& fresh, const Comparison& comparison,
                const std::vector<GateOutcome>& outcomes) {
  const auto page = comparison_page(base, fresh, comparison, outcomes);
  std::string error;
  if (!page) return false;
  if (write_whole_file(path, *page, file_mode(), nullptr, &error)) return true;
  say(Level::kError, path + ": " + error);
  return false;
}

// In a job of GitHub a file of this name is shown as the job's summary.
bool write_forms(const JudgeOptions& options, const std::vector<Run>& base,
                 const std::vector<Run>& fresh, const Comparison& comparison,
                 const std::vector<GateOutcome>& outcomes) {
  bool all = true;
  const std::string summary =
      options.markdown.empty() ? variable("GITHUB_STEP_SUMMARY") : options.markdown;
  const FormOptions form{options.functions, 0, false};
  if (!summary.empty()) {
    all = write(summary, diff_markdown(comparison, outcomes, form), std::ios::app);
  }
  if (!options.page.empty())
    all = write_page(options.page, base, fresh, comparison, outcomes) && all;
  if (!options.junit.empty()) all = write(options.junit, junit(outcomes), std::ios::trunc) && all;
  if (options.annotations == "gitlab") {
    const std::string text = gitlab_report(outcomes, variable("CI_PROJECT_DIR"));
    all = write(kGitlabReport, text, std::ios::trunc) && all;
  } else if (options.annotations == "github") {
    fputs(github_annotations(outcomes, variable("GITHUB_WORKSPACE")).c_str(), stdout);
  }
  return all;
}

int status_of(const std::string& subcommand, const std::vector<GateOutcome>& outcomes) {
  int status = kDone;
  for (const GateOutcome& outcome : outcomes) {
    if (outcome.result == GateResult::kFailed) {
      say(Level::kError, gate_line(outcome));
      status = std::max(status, kCheckFailed);
    } else if (outcome.result != GateResult::kPassed) {
      say(Level::kError, subcommand + ": --fail-on '" + outcome.gate.text + "': " + outcome.why);
      status = kUsageOrUnreadable;
    }
  }
  return status;
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
  app->add_option("--markdown", options->markdown,
                  "Append the comparison to FILE; else to $GITHUB_STEP_SUMMARY, if it is set")
      ->type_name("FILE");
  app->add_option("--junit", options->junit, "Write a test case for each gate")->type_name("FILE");
  app->add_option("--annotations", options->annotations,
                  std::string("Mark the lines that grew: github (on stdout) or gitlab (") +
                      kGitlabReport + ")")
      ->type_name("SERVICE")
      ->check(CLI::IsMember({"github", "gitlab"}));
  app->add_flag("--json", options->is_json, "Print JSON");
}

bool parse_gates(const std::string& subcommand, JudgeOptions* options) {
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
  if (!write_forms(options, base, fresh, comparison, outcomes)) return kUsageOrUnreadable;
  return status_of(subcommand, outcomes);
}

}  // namespace program
