// profiler list FUNCTION FILE...: source lines with figures.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program/report/function_lines.h"
#include "program/report/shown_type.h"
#include "program/report/source_files.h"
#include "program/report/text_table.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

constexpr int64_t kAround = 5;  // lines shown on each side of one that has a figure

struct ListOptions {
  std::string function, type;
  std::vector<std::string> files, source_directories;
  bool is_json = false;
};

std::string cell(const Figure* figure, const std::string& unit) {
  return figure == nullptr || figure->value == 0 ? "." : unit_text(figure->value, unit);
}

void print_line(int64_t number, const ListedFunction& function, const std::string& text,
                const std::string& unit) {
  const auto found = function.lines.find(number);
  const bool has_figure = found != function.lines.end();
  printf("%10s %10s %6ld  %s\n", cell(has_figure ? &found->second.first : nullptr, unit).c_str(),
         cell(has_figure ? &found->second.second : nullptr, unit).c_str(), number, text.c_str());
}

void print_lines(const ListedFunction& function, SourceFiles* sources, const std::string& unit) {
  const std::vector<std::string>* text = sources->lines(function.file);
  if (text == nullptr) {
    printf("           (the source is not at hand; --source-path DIR says where it lies)\n");
    for (const auto& [number, figures] : function.lines) print_line(number, function, "", unit);
    return;
  }
  const auto count = static_cast<int64_t>(text->size());
  int64_t shown = 0;
  for (const auto& [number, figures] : function.lines) {
    if (shown > 0 && number - kAround > shown + 1) printf("%10s\n", "...");
    const int64_t begin = std::max({int64_t{1}, number - kAround, shown + 1});
    for (shown = begin; shown <= std::min(count, number + kAround); shown++) {
      print_line(shown, function, (*text)[static_cast<size_t>(shown - 1)], unit);
    }
    shown--;
  }
}

void print(const ShownType& shown, double total, const std::vector<ListedFunction>& functions,
           SourceFiles* sources) {
  printf("%s, %s: %s\n", printable(shown.mode).c_str(), printable(shown.type).c_str(),
         unit_text(total, shown.unit).c_str());
  for (const ListedFunction& function : functions) {
    printf("\n%s in %s\n", printable(function.name).c_str(),
           function.file.empty() ? "an unknown file" : printable(function.file).c_str());
    printf("%10s %10s  flat, cum: %s of the total\n",
           unit_text(function.flat.value, shown.unit).c_str(),
           unit_text(function.cum.value, shown.unit).c_str(),
           percent_text(function.cum.value, total).c_str());
    if (sources->is_newer_than(function.file, shown.begin_ns)) {
      printf("           (the file has changed since the recording: lines may have moved)\n");
    }
    print_lines(function, sources, shown.unit);
  }
}

nlohmann::json json_of(const Figure& figure) {
  return {{"value", figure.value}, {"standard_error", std::sqrt(figure.variance)}};
}

void print_json(const ShownType& shown, double total,
                const std::vector<ListedFunction>& functions) {
  nlohmann::json list = nlohmann::json::array();
  for (const ListedFunction& function : functions) {
    nlohmann::json lines = nlohmann::json::array();
    for (const auto& [number, figures] : function.lines) {
      lines.push_back(
          {{"line", number}, {"flat", json_of(figures.first)}, {"cum", json_of(figures.second)}});
    }
    list.push_back({{"name", function.name},
                    {"file", function.file},
                    {"flat", json_of(function.flat)},
                    {"cum", json_of(function.cum)},
                    {"lines", lines}});
  }
  const nlohmann::json all = {{"schema", 1},        {"mode", shown.mode}, {"type", shown.type},
                              {"unit", shown.unit}, {"total", total},     {"functions", list}};
  puts(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

int show(const ListOptions& options) {
  ShownType shown{options.type, "", "", 0};
  FunctionLines sums;
  const bool is_read = each_profile(
      options.files, &shown, [&](const Profile& profile, int type) { sums.add(profile, type); });
  if (!is_read) return kUsageOrUnreadable;
  const auto functions = sums.matching(options.function);
  if (functions.empty()) {
    say(Level::kError, "list: no function is named " + options.function +
                           "; `profiler top` has the names, and '*parse*' matches parts of them");
    return kUsageOrUnreadable;
  }
  SourceFiles sources(options.source_directories);
  options.is_json ? print_json(shown, sums.total().value, functions)
                  : print(shown, sums.total().value, functions, &sources);
  return kDone;
}

}  // namespace

int list(int argc, char** argv) {
  ListOptions options;
  CLI::App app(
      "Shows the source lines of a function with what was spent on each: flat, by the line "
      "itself;\n"
      "cum, with all that it called. Several files are summed.");
  app.add_option("--type", options.type,
                 "The sample type, for example alloc_space; else the file's default")
      ->type_name("TYPE");
  app.add_option("--source-path", options.source_directories,
                 "Look for source files below DIR too; may be repeated")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->allow_extra_args(false);
  app.add_flag("--json", options.is_json, "Print the figures as JSON");
  app.add_option("FUNCTION", options.function, "A whole name, or a glob: '*parse*'")->required();
  app.add_option("FILE", options.files, "pprof files of one sample type, gzip'd or plain")
      ->required();
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  confine();
  try {
    return show(options);
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; nothing is shown");
    return kCheckFailed;
  }
}

}  // namespace program
