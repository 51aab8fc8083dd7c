#include "program/report/diff_forms.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "program/report/text_table.h"
#include "program/system/console.h"

namespace program {
namespace {

using nlohmann::json;

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kMore:
      return "more";
    case Verdict::kLess:
      return "less";
    case Verdict::kMoved:
      return "moved";
    case Verdict::kTooFewRuns:
      return "too few runs";
    case Verdict::kNoChange:
      break;
  }
  return "no change seen";
}

Colour colour_of(Verdict verdict) {
  if (verdict == Verdict::kMore) return Colour::kRed;
  return verdict == Verdict::kLess ? Colour::kGreen : Colour::kNone;
}

std::string runs_text(size_t count) {
  return std::to_string(count) + (count == 1 ? " run" : " runs");
}

std::string interval_text(const Change& change, bool is_exact) {
  if (change.base <= 0) return "";
  if (is_exact && change.ratio.low == change.ratio.high) return "exact";
  if (!std::isfinite(change.ratio.high)) {
    return change.ratio.low > 0 ? change_text(change.ratio.low) + " or more" : "";
  }
  return change_text(change.ratio.low) + " to " + change_text(change.ratio.high);
}

std::string ratio_text(const Change& change) {
  if (change.base <= 0) return change.fresh > 0 ? "new" : "";
  return change_text(change.fresh / change.base);
}

TextTable table_of(const ComparedType& type, size_t functions) {
  TextTable table({{"base"},
                   {"new"},
                   {"change"},
                   {"95 % interval"},
                   {"verdict", true},
                   {type.name.mode + ", " + type.name.type, true}});
  const auto add = [&](const Change& change, const std::string& name) {
    table.add(
        {unit_text(change.base, type.name.unit), unit_text(change.fresh, type.name.unit),
         ratio_text(change), interval_text(change, type.is_exact), word_of(change.verdict), name},
        colour_of(change.verdict));
  };
  add(type.total, "total");
  for (size_t i = 0; i < type.functions.size() && i < functions; i++) {
    add(type.functions[i], printable(type.functions[i].function));
  }
  return table;
}

json json_of(const Change& change) {
  json object = {{"base", change.base},
                 {"new", change.fresh},
                 {"p", change.p},
                 {"verdict", word_of(change.verdict)}};
  if (!change.function.empty()) {
    object["function"] = change.function, object["file"] = change.file;
    object["flat_base"] = change.flat_base, object["flat_new"] = change.flat_fresh;
  }
  if (change.base > 0 && std::isfinite(change.ratio.high)) {
    object["ratio"] = change.fresh / change.base;
    object["interval"] = {change.ratio.low, change.ratio.high};
  }
  return object;
}

}  // namespace

std::string method_text(const Comparison& comparison) {
  const std::string runs = runs_text(comparison.base_runs) + " of base, " +
                           runs_text(comparison.fresh_runs) + " of new: ";
  switch (comparison.method) {
    case Method::kPairs:
      return runs + "a permutation test over pairs of runs";
    case Method::kGroups:
      return runs + "a permutation test over runs";
    case Method::kSamplingError:
      break;
  }
  return runs + "intervals hold the error of sampling alone; how much runs differ is not in them";
}

std::string diff_text(const Comparison& comparison, const std::vector<GateOutcome>& gates,
                      const FormOptions& options) {
  std::string text = method_text(comparison) + "\n";
  for (const std::string& remark : comparison.remarks) text += remark + "\n";
  for (const ComparedType& type : comparison.types) {
    text += "\n" + table_of(type, options.functions).text(options.columns, options.has_colours);
  }
  if (!gates.empty()) text += "\n";
  for (const GateOutcome& gate : gates) text += check_line(gate) + "\n";
  return text;
}

std::string diff_markdown(const Comparison& comparison, const std::vector<GateOutcome>& gates,
                          const FormOptions& options) {
  std::string text = "## Comparison of profiles\n\n";
  for (const GateOutcome& gate : gates) text += "- " + markdown_text(check_line(gate)) + "\n";
  text += "\n" + method_text(comparison) + ".\n";
  for (const std::string& remark : comparison.remarks) text += "\n" + markdown_text(remark) + ".\n";
  for (const ComparedType& type : comparison.types) {
    text += "\n### " + markdown_text(type.name.mode + ", " + type.name.type) + "\n\n" +
            table_of(type, options.functions).markdown();
  }
  return text;
}

std::string diff_json(const Comparison& comparison, const std::vector<GateOutcome>& gates) {
  static constexpr const char* kMethods[] = {"pairs", "groups", "sampling error"};
  json all = {{"schema", 1},
              {"method", kMethods[static_cast<int>(comparison.method)]},
              {"base_runs", comparison.base_runs},
              {"new_runs", comparison.fresh_runs},
              {"remarks", comparison.remarks}};
  all["types"] = json::array(), all["gates"] = json::array();
  for (const ComparedType& type : comparison.types) {
    json functions = json::array();
    for (const Change& change : type.functions) functions.push_back(json_of(change));
    all["types"].push_back({{"mode", type.name.mode},
                            {"type", type.name.type},
                            {"unit", type.name.unit},
                            {"exact", type.is_exact},
                            {"total", json_of(type.total)},
                            {"functions", functions}});
  }
  for (const GateOutcome& gate : gates) {
    json object = {{"gate", gate.text},
                   {"result", word_of(gate.result)},
                   {"base", gate.base},
                   {"new", gate.fresh},
                   {"why", gate.why}};
    if (!gate.function.empty())
      object["function"] = gate.function, object["file"] = gate.file, object["line"] = gate.line;
    all["gates"].push_back(object);
  }
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace program
