// The outcomes of gates and limits in the forms that CI services read.
#pragma once

#include <string>
#include <vector>

#include "program/report/check.h"

namespace program {

// A test suite of JUnit with a test case for each check.
std::string junit(const std::vector<CheckOutcome>& outcomes);

// Workflow commands of GitHub: a line for each check that failed, at the line to look at.
std::string github_annotations(const std::vector<CheckOutcome>& outcomes,
                               const std::string& workspace);

// A Code Quality report of GitLab.
std::string gitlab_report(const std::vector<CheckOutcome>& outcomes, const std::string& workspace);

// The path of a source file within the workspace: debug information has the path that the compiler
// was given. As it is if it lies nowhere in the workspace.
std::string path_in(const std::string& workspace, const std::string& file);

}  // namespace program
