// What `diff` and `compare` share: their options, and the way from two sides of runs to tables,
// gates and an exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "program/profiles/runs.h"
#include "program/report/gate.h"

namespace program {

struct JudgeOptions {
  std::vector<std::string> fail_on;
  std::vector<Gate> gates;  // of fail_on
  std::string page;         // its path; empty: none
  CheckForms forms;
  size_t functions = 15;
  bool is_json = false;
};

void add_judge_options(CLI::App* app, JudgeOptions* options);

// Fills in the gates. False after one line if one is wrong; nothing has been read by then.
bool parse_gates(const std::string& subcommand, JudgeOptions* options);

// Prints the comparison and writes what the options ask for. The exit status: 1 if a gate failed.
int judge(const std::string& subcommand, const JudgeOptions& options, const std::vector<Run>& base,
          const std::vector<Run>& fresh, bool are_pairs);

}  // namespace program
