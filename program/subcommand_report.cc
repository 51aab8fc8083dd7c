// profiler report FILE... | DIR: profiles and traces as one page, or as text, Markdown or JSON.
#include <algorithm>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "program/report/limit.h"
#include "program/report/report_forms.h"
#include "program/report/report_input.h"
#include "program/report/report_page.h"
#include "program/report/text_table.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/made_files.h"
#include "program/system/output_text.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

struct ReportOptions {
  std::vector<std::string> paths, source_directories, limits;
  std::string output;
  size_t rows = 10;
  bool is_text = false, is_markdown = false, is_json = false, is_quiet = false;
  bool has_no_sources = false;
  bool has_page() const {
    return !output.empty() || (!is_text && !is_markdown && !is_json && limits.empty());
  }
};

bool refuse(const std::string& sentence) {
  say(Level::kError, "report: " + sentence);
  return false;
}

// False after one line about an option that would do nothing.
bool are_of_use(const ReportOptions& options, bool has_rows) {
  const bool is_printed = options.is_text || options.is_markdown || options.is_json;
  if (has_rows && !options.is_text && !options.is_markdown) {
    return refuse("-n is for --text and --markdown");
  }
  if (options.output == "-" && is_printed) {
    return refuse("-o -: stdout has the tables; the page needs a file");
  }
  if (!options.has_page() && (!options.source_directories.empty() || options.has_no_sources)) {
    return refuse("--source-path and --no-sources are for the page; name it by -o");
  }
  return true;
}

int show(const ReportOptions& options, const std::vector<std::string>& files,
         const ReportInput& input) {
  const ReportLayout layout{options.rows, stdout_columns(), stdout_has_colours()};
  std::string text;
  if (options.is_text) text = report_text(input, layout);
  if (options.is_markdown) text = report_markdown(input, layout);
  if (options.is_json) text = report_json(input);
  fputs(text.c_str(), stdout);
  if (!options.has_page()) return kDone;
  const std::string path = options.output.empty() ? "report.html" : options.output;
  SourceFiles sources(options.source_directories);
  const std::string page = report_page(input, options.has_no_sources ? nullptr : &sources);
  if (!write_output(path, page, files)) return kCheckFailed;
  if (path != "-") MadeFiles(options.is_quiet, text.empty() ? stdout : stderr).print(path, false);
  return kDone;
}

}  // namespace

int report(int argc, char** argv) {
  ReportOptions options;
  CLI::App app(
      "Makes one HTML page of profiles and traces, which any browser opens: totals, flame graphs,\n"
      "tables, callers, source lines, the longest waits. A directory stands for the files in it;\n"
      "the processes of a tree are summed, and the page can show each alone.");
  app.add_option("-o,--output", options.output,
                 "The page; report.html by default, or none with one of the options below")
      ->type_name("FILE.html");
  auto* text = app.add_flag("--text", options.is_text, "Print totals and tables");
  auto* markdown = app.add_flag("--markdown", options.is_markdown, "Print them as Markdown");
  auto* json = app.add_flag("--json", options.is_json, "Print everything as JSON");
  text->excludes(markdown)->excludes(json);
  markdown->excludes(json);
  auto* rows =
      app.add_option("-n,--rows", options.rows, "Rows of each printed table; 10 by default")
          ->type_name("N")
          ->check(CLI::PositiveNumber);
  app.add_option("--source-path", options.source_directories,
                 "Look for source files below DIR too; may be repeated")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->allow_extra_args(false);
  app.add_flag("--no-sources", options.has_no_sources,
               "Put no source lines into the page; else those of the files that the profiles name")
      ->excludes("--source-path");
  app.add_option("--limit", options.limits,
                 "End with 1 if FIGURE=MAXIMUM is exceeded; as for `run`, may be repeated")
      ->type_name("LIMIT")
      ->allow_extra_args(false);
  add_quiet(&app, &options.is_quiet);
  app.add_option("PATH", options.paths, "profiles, traces, or directories of them")->required();
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  if (!are_of_use(options, rows->count() > 0)) return kUsageOrUnreadable;
  std::vector<Limit> limits;
  if (!parse_limits("report", options.limits, &limits)) return kUsageOrUnreadable;
  confine();
  try {
    const auto files = report_files(options.paths);
    const auto input = files ? read_report(*files) : std::nullopt;
    if (!input) return kUsageOrUnreadable;
    const int shown = show(options, *files, *input);
    const auto checks = check_limits(limits, *files);
    if (!checks) return kUsageOrUnreadable;
    return std::max(shown, say_checks("report: --limit", *checks));
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; nothing is reported");
    return kCheckFailed;
  }
}

}  // namespace program
