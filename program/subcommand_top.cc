// profiler top FILE...: the table of a profile in a terminal.
#include <cmath>
#include <cstdio>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "program/profiles/figures.h"
#include "program/report/report_forms.h"
#include "program/report/shown_type.h"
#include "program/report/text_table.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

struct TopOptions {
  std::vector<std::string> files;
  std::string type, by = "function";
  size_t rows = 30;
  bool by_cum = false, is_json = false;
};

struct Summed {
  FigureTable table;
  ShownType shown;
};

Grouping grouping_of(const std::string& by) {
  if (by == "function") return Grouping::kFunction;
  if (by == "line") return Grouping::kLine;
  return by == "file" ? Grouping::kFile : Grouping::kLabel;
}

std::optional<Summed> sum_of(const TopOptions& options) {
  Summed sum{FigureTable(grouping_of(options.by), options.by), {options.type, "", "", 0}};
  const bool is_read =
      each_profile(options.files, &sum.shown,
                   [&](const Profile& profile, int type) { sum.table.add(profile, type); });
  return is_read ? std::optional(std::move(sum)) : std::nullopt;
}

// False after one line: --by is misspelt, or these samples have no such label.
bool has_label(const TopOptions& options, const Summed& sum) {
  const auto& rows = sum.table.rows();
  const bool has_none = rows.size() == 1 && rows.begin()->first.empty();
  if (grouping_of(options.by) != Grouping::kLabel || !has_none) return true;
  say(Level::kError, "top: --by " + options.by + ": no sample has a label of this name");
  return false;
}

void print(const TopOptions& options, const Summed& sum) {
  const double total = sum.table.total().value;
  const Grouping grouping = grouping_of(options.by);
  const bool is_exact = sum.table.is_exact(), by_label = grouping == Grouping::kLabel;
  const std::string error = error_text(sum.table.total(), is_exact);
  printf("%s, %s: %s%s%s\n", printable(sum.shown.mode).c_str(), printable(sum.shown.type).c_str(),
         unit_text(total, sum.shown.unit).c_str(), error.empty() ? "" : (" " + error).c_str(),
         is_exact ? " (exact)" : "");
  std::vector<TextTable::Column> columns = {{"flat"}, {"flat %"}};
  if (!by_label) columns.insert(columns.end(), {{"cum"}, {"cum %"}});
  if (!is_exact) columns.push_back({options.by_cum ? "error of cum" : "error of flat"});
  columns.push_back({options.by, true});
  TextTable table(columns);
  const auto rows = sum.table.sorted(options.by_cum);
  for (size_t i = 0; i < rows.size() && i < options.rows; i++) {
    const FigureRow& row = *rows[i];
    std::vector<std::string> cells = {unit_text(row.flat.value, sum.shown.unit),
                                      percent_text(row.flat.value, total)};
    if (!by_label) {
      cells.push_back(unit_text(row.cum.value, sum.shown.unit));
      cells.push_back(percent_text(row.cum.value, total));
    }
    if (!is_exact) cells.push_back(error_text(options.by_cum ? row.cum : row.flat, false));
    cells.push_back(printable(
        grouping == Grouping::kLine && !row.place.empty() ? row.name + " " + row.place : row.name));
    table.add(cells);
  }
  fputs(table.text(stdout_columns(), stdout_has_colours()).c_str(), stdout);
  if (rows.size() > options.rows)
    printf("and %zu more (-n shows more)\n", rows.size() - options.rows);
}

nlohmann::json json_of(const Figure& figure) {
  return {{"value", figure.value}, {"standard_error", std::sqrt(figure.variance)}};
}

void print_json(const TopOptions& options, const Summed& sum) {
  nlohmann::json rows = nlohmann::json::array();
  for (const FigureRow* row : sum.table.sorted(options.by_cum)) {
    rows.push_back({{"name", row->name},
                    {"place", row->place},
                    {"flat", json_of(row->flat)},
                    {"cum", json_of(row->cum)}});
  }
  const nlohmann::json all = {{"schema", 1},
                              {"mode", sum.shown.mode},
                              {"type", sum.shown.type},
                              {"unit", sum.shown.unit},
                              {"exact", sum.table.is_exact()},
                              {"total", json_of(sum.table.total())},
                              {"rows", rows}};
  puts(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int top(int argc, char** argv) {
  TopOptions options;
  CLI::App app(
      "Shows where a profile's time, bytes or events are: flat, by the function itself; cum, with\n"
      "all that it called. Several files are summed. An error is twice the standard error of\n"
      "sampling: the truth lies within it 19 times in 20.");
  app.add_option("--type", options.type,
                 "The sample type, for example alloc_space; else the file's default")
      ->type_name("TYPE");
  app.add_option(
         "--by", options.by,
         "What a row is: function, line, file, or the key of a label (thread, state, kind, ...)")
      ->type_name("WHAT");
  app.add_option("-n,--rows", options.rows, "How many rows; 30 by default")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  app.add_flag("--cum", options.by_cum, "Sort by cum, not by flat");
  app.add_flag("--json", options.is_json, "Print all rows as JSON");
  app.add_option("FILE", options.files, "pprof files of one sample type, gzip'd or plain")
      ->required();
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  confine();
  try {
    const auto sum = sum_of(options);
    if (!sum || !has_label(options, *sum)) return kUsageOrUnreadable;
    options.is_json ? print_json(options, *sum) : print(options, *sum);
    return kDone;
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; nothing is shown");
    return kCheckFailed;
  }
}

}  // namespace program
