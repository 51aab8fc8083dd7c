// What became of a gate or a limit, in words and in the forms that CI services read.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "program/profiles/runs.h"

namespace program {

enum class CheckResult { kPassed, kFailed, kUndecided, kNoFigure };

struct CheckOutcome {
  std::string text;  // of the gate or limit, as it was given
  CheckResult result = CheckResult::kPassed;
  FigureName figure;
  std::string why;             // one sentence
  std::string function, file;  // the function to look at: the one named, or what has most of it
  int64_t line = 0;
  bool has_remark = false;  // `why` is worth a line though the check passed
};

const char* word_of(CheckResult result);

// "failed: cpu > +5%: 1.20 s to 1.31 s, +9.1 % (+6.0 % to +12.3 %); parse (src/parse.cc:41)".
std::string check_line(const CheckOutcome& check);

// Where outcomes are written besides the terminal.
struct CheckForms {
  std::string markdown, junit, annotations;
  bool any() const { return !markdown.empty() || !junit.empty() || !annotations.empty(); }
};

void add_check_options(CLI::App* app, CheckForms* forms);

// Writes what the options ask for; `summary`: Markdown, for the file of the option or, in a job of
// GitHub, for the job's summary. False after one line for each file that cannot be written.
bool write_forms(const CheckForms& forms, const std::vector<CheckOutcome>& checks,
                 const std::string& summary);

// One line for each check that failed or could not be decided. `option`: "compare: --fail-on". The
// exit status of all together.
int say_checks(const std::string& option, const std::vector<CheckOutcome>& checks);

}  // namespace program
