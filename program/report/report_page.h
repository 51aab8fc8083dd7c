// A report and a comparison as one HTML file, which needs nothing but a browser: it is opened by
// its path, and nothing in it is fetched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program/profiles/runs.h"
#include "program/report/comparison.h"
#include "program/report/gate.h"
#include "program/report/report_input.h"
#include "program/report/source_files.h"

namespace program {

// `sources`: null puts no source lines into the page.
std::string report_page(const ReportInput& input, SourceFiles* sources);

// Reads the files of the runs again, for their stacks. Nothing after one line if one cannot be
// read.
std::optional<std::string> comparison_page(const std::vector<Run>& base,
                                           const std::vector<Run>& fresh,
                                           const Comparison& comparison,
                                           const std::vector<GateOutcome>& gates);

}  // namespace program
