// The source lines that a report's page carries, so that it can be read where the sources are not.
#pragma once

#include <nlohmann/json.hpp>

#include "program/report/report_input.h"
#include "program/report/source_files.h"

namespace program {

// {file: {line: text}}: the lines that have a part of the shown figures, and three on each side.
nlohmann::json sources_of(const ReportInput& input, SourceFiles* files);

}  // namespace program
