// A report as text, Markdown and JSON.
#pragma once

#include <string>

#include "program/report/report_input.h"

namespace program {

struct ReportLayout {
  size_t rows = 10;    // of each profile's table
  size_t columns = 0;  // of the terminal; 0: no limit
  bool has_colours = false;
};

// "± 4.1 %": twice the standard error of a figure; empty where it is not known or there is none.
std::string error_text(const Figure& figure, bool is_exact);

std::string report_text(const ReportInput& input, const ReportLayout& layout);
std::string report_markdown(const ReportInput& input, const ReportLayout& layout);
// docs/reference has its schema.
std::string report_json(const ReportInput& input);

}  // namespace program
