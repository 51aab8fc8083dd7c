#include "program/report/report_forms.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "program/report/text_table.h"
#include "program/system/console.h"

namespace program {
namespace {

using nlohmann::json;

constexpr size_t kMostWarnings = 4;

std::string total_error_text(const FigureTable& table) {
  if (table.is_exact()) return "exact";
  const std::string error = error_text(table.total(), false);
  return error.empty() ? "measured" : error;
}

TextTable totals_of(const ReportInput& input) {
  TextTable table({{"profile", true}, {"sample type", true}, {"total"}, {"error"}});
  for (const ReportedProfile& profile : input.profiles) {
    for (size_t i = 0; i < profile.types.size(); i++) {
      const FigureTable& figures = profile.tables[i];
      table.add({i == 0 ? printable(profile.mode) : "", printable(profile.types[i].type),
                 unit_text(figures.total().value, profile.types[i].unit),
                 total_error_text(figures)});
    }
  }
  return table;
}

size_t shown_type(const ReportedProfile& profile) {
  for (size_t i = 0; i < profile.types.size(); i++) {
    if (profile.types[i].type == profile.shown) return i;
  }
  return 0;
}

TextTable functions_of(const ReportedProfile& profile, size_t type, size_t rows) {
  TextTable table({{"flat"}, {"flat %"}, {"cum"}, {"cum %"}, {"function", true}});
  const FigureTable& figures = profile.tables[type];
  const double total = figures.total().value;
  const std::string& unit = profile.types[type].unit;
  for (const FigureRow* row : figures.sorted(false)) {
    if (rows-- == 0) break;
    table.add({unit_text(row->flat.value, unit), percent_text(row->flat.value, total),
               unit_text(row->cum.value, unit), percent_text(row->cum.value, total),
               printable(row->name)});
  }
  return table;
}

// The call that waits is named beside it, so its caller.
std::string caller_of(const json& wait) {
  const json& stack = wait["stack"];
  for (const json& function : stack) {
    const std::string name = function[0];
    if (!name.starts_with('[') && name != wait["kind"]) return name;
  }
  return stack.empty() ? "" : stack[0][0];
}

TextTable waits_of(const ReportInput& input, size_t rows) {
  TextTable table({{"waited"}, {"thread", true}, {"for", true}, {"function", true}});
  for (const json& wait : input.waits) {
    if (rows-- == 0) break;
    table.add({unit_text(std::round(wait["seconds"].get<double>() * 1e9), "nanoseconds"),
               printable(wait["thread"].get<std::string>()), wait["kind"].get<std::string>(),
               printable(caller_of(wait))});
  }
  return table;
}

// What the files themselves warn of; a tree has a line for each process.
std::vector<std::string> warnings_of(const ReportedProfile& profile) {
  std::vector<std::string> warnings;
  for (const std::string& comment : profile.comments) {
    if (!comment.starts_with("# ")) warnings.push_back(printable(comment));
  }
  if (warnings.size() <= kMostWarnings) return warnings;
  const size_t more = warnings.size() - kMostWarnings;
  warnings.resize(kMostWarnings);
  warnings.push_back("and " + std::to_string(more) + " more lines like these (--json has all)");
  return warnings;
}

std::string title_of(const ReportedProfile& profile) {
  return printable(profile.mode + ", " + profile.types[shown_type(profile)].type);
}

json json_of(const Figure& figure) {
  return {{"value", figure.value}, {"standard_error", std::sqrt(figure.variance)}};
}

json json_of(const ReportedProfile& profile) {
  json types = json::array();
  for (size_t i = 0; i < profile.types.size(); i++) {
    json functions = json::array();
    for (const FigureRow* row : profile.tables[i].sorted(false)) {
      functions.push_back({{"name", row->name},
                           {"file", row->place},
                           {"flat", json_of(row->flat)},
                           {"cum", json_of(row->cum)}});
    }
    types.push_back({{"type", profile.types[i].type},
                     {"unit", profile.types[i].unit},
                     {"exact", profile.tables[i].is_exact()},
                     {"total", json_of(profile.tables[i].total())},
                     {"functions", functions}});
  }
  return {{"mode", profile.mode},
          {"files", profile.files},
          {"comments", profile.comments},
          {"types", types}};
}

}  // namespace

std::string error_text(const Figure& figure, bool is_exact) {
  if (is_exact || figure.value <= 0 || figure.variance <= 0) return "";
  char text[32];
  snprintf(text, sizeof text, "± %.1f %%", 200 * std::sqrt(figure.variance) / figure.value);
  return text;
}

std::string report_text(const ReportInput& input, const ReportLayout& layout) {
  std::string text;
  for (const auto& [name, value] : input.facts) text += name + ": " + printable(value) + "\n";
  const auto table_text = [&](const TextTable& table) {
    return "\n" + table.text(layout.columns, layout.has_colours);
  };
  text += table_text(totals_of(input));
  for (const ReportedProfile& profile : input.profiles) {
    text += "\n" + title_of(profile) + "\n";
    for (const std::string& warning : warnings_of(profile)) text += warning + "\n";
    const TextTable table = functions_of(profile, shown_type(profile), layout.rows);
    text += table.text(layout.columns, layout.has_colours);
  }
  if (input.traces == 0) return text;
  text += "\ntrace: " + std::to_string(input.wait_count) + " waits, the longest\n";
  return text + waits_of(input, layout.rows).text(layout.columns, layout.has_colours);
}

std::string report_markdown(const ReportInput& input, const ReportLayout& layout) {
  std::string text = "## Profiles of " + markdown_text(input.title) + "\n\n";
  for (const auto& [name, value] : input.facts)
    text += "- " + name + ": " + markdown_text(value) + "\n";
  text += "\n" + totals_of(input).markdown();
  for (const ReportedProfile& profile : input.profiles) {
    text += "\n### " + markdown_text(title_of(profile)) + "\n\n";
    for (const std::string& warning : warnings_of(profile)) text += markdown_text(warning) + "\n\n";
    text += functions_of(profile, shown_type(profile), layout.rows).markdown();
  }
  if (input.traces > 0) text += "\n### trace\n\n" + waits_of(input, layout.rows).markdown();
  return text;
}

std::string report_json(const ReportInput& input) {
  json profiles = json::array(), facts = json::object();
  for (const ReportedProfile& profile : input.profiles) profiles.push_back(json_of(profile));
  for (const auto& [name, value] : input.facts) facts[name] = value;
  json all = {{"schema", 1}, {"title", input.title}, {"facts", facts}, {"profiles", profiles}};
  if (input.traces > 0) all["waits"] = {{"count", input.wait_count}, {"longest", input.waits}};
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace program
