#include "program/report/report_page.h"

#include <zlib.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "program/page/report_page.h"
#include "program/profiles/profile_bytes.h"
#include "program/profiles/profile_file.h"
#include "program/report/diff_forms.h"
#include "program/report/report_sources.h"
#include "program/report/stack_data.h"
#include "program/system/base64.h"
#include "program/system/console.h"

namespace program {
namespace {

using nlohmann::json;

void replace(std::string* text, std::string_view mark, std::string_view with) {
  text->replace(text->find(mark), mark.size(), with);
}

// The data are packed, and base64 has no character of markup: no name in a profile can end the
// element.
std::string page_of(const json& data) {
  std::string text = kReportHtml;
  replace(&text, "/*style*/", kReportCss);
  replace(&text, "/*script*/", kReportScript);
  const std::string packed =
      pack(data.dump(-1, ' ', false, json::error_handler_t::replace), Z_BEST_COMPRESSION);
  replace(&text, "/*data*/", base64(packed));
  return text;
}

json profile_of(const ReportedProfile& profile) {
  json data = profile.stacks.json();
  data["mode"] = profile.mode, data["shown"] = profile.shown;
  data["comments"] = profile.comments;
  data["totals"] = json::array();
  for (const FigureTable& table : profile.tables) {
    data["totals"].push_back({{"value", table.total().value},
                              {"error", std::sqrt(table.total().variance)},
                              {"exact", table.is_exact()}});
  }
  return data;
}

json facts_of(const std::vector<std::pair<std::string, std::string>>& facts) {
  json list = json::array();
  for (const auto& [name, value] : facts) list.push_back({name, value});
  return list;
}

using Stacks = std::map<std::string, StackData>;  // by mode

// A side counts as the mean of its runs.
bool add_side(const std::vector<Run>& runs, size_t side, Stacks* stacks) {
  for (const Run& run : runs) {
    for (const auto& [path, is_last] : run.files) {
      ProfileFile file;
      std::string error;
      if (!file.read(path, &error)) {
        say(Level::kError, path + ": " + error);
        return false;
      }
      if (!is_last) drop_state(&file.profile());
      const auto at = stacks->find(mode_of(file.profile()));
      if (at == stacks->end()) continue;
      at->second.add(file.profile(), side, 1 / static_cast<double>(runs.size()), {});
    }
  }
  return true;
}

Stacks stacks_of(const Comparison& comparison) {
  std::map<std::string, std::vector<SampleType>> types;
  for (const ComparedType& type : comparison.types) {
    types[type.name.mode].push_back({type.name.type, type.name.unit});
  }
  Stacks stacks;
  for (const auto& [mode, its] : types) stacks.try_emplace(mode, its, 2);
  return stacks;
}

}  // namespace

std::string report_page(const ReportInput& input, SourceFiles* sources) {
  json profiles = json::array(), traces = json::array();
  for (const ReportedProfile& profile : input.profiles) profiles.push_back(profile_of(profile));
  if (input.traces > 0) {
    traces.push_back({{"mode", "trace"}, {"waits", input.waits}, {"count", input.wait_count}});
  }
  return page_of({{"title", input.title},
                  {"facts", facts_of(input.facts)},
                  {"profiles", profiles},
                  {"traces", traces},
                  {"sources", sources == nullptr ? json::object() : sources_of(input, sources)}});
}

std::optional<std::string> comparison_page(const std::vector<Run>& base,
                                           const std::vector<Run>& fresh,
                                           const Comparison& comparison,
                                           const std::vector<GateOutcome>& gates) {
  Stacks stacks = stacks_of(comparison);
  if (!add_side(base, 0, &stacks) || !add_side(fresh, 1, &stacks)) return std::nullopt;
  json profiles = json::array();
  for (const auto& [mode, data] : stacks) {
    json profile = data.json();
    profile["mode"] = mode, profile["shown"] = "", profile["comments"] = json::array();
    profiles.push_back(std::move(profile));
  }
  json facts = json::array({{"compared", method_text(comparison)}});
  for (const std::string& remark : comparison.remarks) facts.push_back({"note", remark});
  return page_of({{"title", "comparison"},
                  {"facts", facts},
                  {"profiles", profiles},
                  {"traces", json::array()},
                  {"sources", json::object()},
                  {"comparison", json::parse(diff_json(comparison, gates))}});
}

}  // namespace program
