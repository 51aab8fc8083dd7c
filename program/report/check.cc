#include "program/report/check.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "program/report/ci_forms.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"
#include "program/system/variable.h"

namespace program {
namespace {

constexpr const char* kGitlabReport = "gl-code-quality-report.json";

bool write(const std::string& path, const std::string& text, std::ios::openmode how) {
  std::ofstream file(path, how);
  if (file << text << std::flush) return true;
  say(Level::kError, path + ": cannot be written");
  return false;
}

}  // namespace

const char* word_of(CheckResult result) {
  switch (result) {
    case CheckResult::kFailed:
      return "failed";
    case CheckResult::kUndecided:
      return "undecided";
    case CheckResult::kNoFigure:
      return "no such figure";
    case CheckResult::kPassed:
      break;
  }
  return "passed";
}

std::string check_line(const CheckOutcome& check) {
  std::string line = std::string(word_of(check.result)) + ": " + check.text + ": " + check.why;
  if (check.function.empty()) return printable(line);
  line += "; " + check.function;
  if (check.file.empty()) return printable(line);
  line += " (" + check.file + (check.line > 0 ? ":" + std::to_string(check.line) : "") + ")";
  return printable(line);
}

void add_check_options(CLI::App* app, CheckForms* forms) {
  app->add_option("--markdown", forms->markdown,
                  "Append the result to FILE; else to $GITHUB_STEP_SUMMARY, if it is set")
      ->type_name("FILE");
  app->add_option("--junit", forms->junit, "Write a test case for each check")->type_name("FILE");
  app->add_option("--annotations", forms->annotations,
                  std::string("Mark the lines to look at: github (on stdout) or gitlab (") +
                      kGitlabReport + ")")
      ->type_name("SERVICE")
      ->check(CLI::IsMember({"github", "gitlab"}));
}

bool write_forms(const CheckForms& forms, const std::vector<CheckOutcome>& checks,
                 const std::string& summary) {
  bool all = true;
  const std::string path =
      forms.markdown.empty() ? variable("GITHUB_STEP_SUMMARY") : forms.markdown;
  if (!path.empty()) all = write(path, summary, std::ios::app);
  if (!forms.junit.empty()) all = write(forms.junit, junit(checks), std::ios::trunc) && all;
  if (forms.annotations == "gitlab") {
    const std::string text = gitlab_report(checks, variable("CI_PROJECT_DIR"));
    all = write(kGitlabReport, text, std::ios::trunc) && all;
  } else if (forms.annotations == "github") {
    fputs(github_annotations(checks, variable("GITHUB_WORKSPACE")).c_str(), stdout);
  }
  return all;
}

int say_checks(const std::string& option, const std::vector<CheckOutcome>& checks) {
  int status = kDone;
  for (const CheckOutcome& check : checks) {
    if (check.result == CheckResult::kFailed) {
      say(Level::kError, check_line(check));
      status = std::max(status, kCheckFailed);
    } else if (check.result != CheckResult::kPassed || check.has_remark) {
      say(Level::kError, option + " '" + check.text + "': " + check.why);
      if (check.result != CheckResult::kPassed) status = kUsageOrUnreadable;
    }
  }
  return status;
}

}  // namespace program
