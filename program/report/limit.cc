#include "program/report/limit.h"

#include <algorithm>
#include <cmath>

#include "program/profiles/distinct_files.h"
#include "program/profiles/merged_comments.h"
#include "program/profiles/profile_file.h"
#include "program/report/text_table.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"

namespace program {
namespace {

constexpr double kZ = 1.959964;  // of a two-sided interval of 95 %
constexpr const char* kUnopened = "[unknown]";

// A descriptor that no call of the program opened was there before it.
Figure value_of(const Limit& limit, const FigureName& name, const FigureTable& table) {
  Figure value = limit.figure.value_in(table);
  if (name.mode != "fd" || !limit.figure.function.empty()) return value;
  for (const auto& [key, row] : table.rows()) {
    if (row.name == kUnopened) value.value -= row.flat.value;
  }
  return value;
}

// The one that was named, or the one with the most of it that has a name and a file.
const FigureRow* row_to_look_at(const Limit& limit, const FigureTable& table) {
  const FigureRow* best = nullptr;
  for (const FigureRow* row : table.sorted(false)) {
    const bool is_named = !limit.figure.function.empty();
    if (is_named ? !matches_function(limit.figure.function, row->name) : row->name[0] == '[') {
      continue;
    }
    if (best == nullptr || (best->place.empty() && !row->place.empty())) best = row;
    if (!best->place.empty()) break;
  }
  return best;
}

void find_function(const Limit& limit, const FigureTable& table, CheckOutcome* outcome) {
  const FigureRow* row = row_to_look_at(limit, table);
  if (row == nullptr) return;
  outcome->function = row->name, outcome->file = row->place;
  const auto most =
      std::max_element(row->lines.begin(), row->lines.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != row->lines.end()) outcome->line = most->first;
}

double least_of(const Figure& figure) {
  return figure.value - kZ * std::sqrt(figure.variance);
}

std::string sentence(const Limit& limit, const FigureName& name, const Figure& value,
                     double least) {
  std::string text = unit_text(value.value, name.unit);
  if (value.variance > 0) text += " (at least " + unit_text(std::fmax(0, least), name.unit) + ")";
  const bool is_exceeded = least > limit.maximum;
  return text + (is_exceeded ? ", above " : ", limit ") + unit_text(limit.maximum, name.unit);
}

// A name that is misspelt matches nothing either.
void look_for_the_function(const Limit& limit, const FigureName& name, const FigureTable& table,
                           const Figure& value, CheckOutcome* outcome) {
  if (!limit.figure.has_match_in(table)) {
    outcome->has_remark = true;
    outcome->why = "no function has this name, so it counts as 0";
  }
  Figure most = value;
  const Figure possible = limit.figure.possible_in(table);
  most.add(possible);
  if (outcome->result != CheckResult::kPassed || least_of(most) <= limit.maximum) return;
  outcome->result = CheckResult::kNoFigure;
  outcome->why = unit_text(value.value, name.unit) + ", and " +
                 unit_text(possible.value, name.unit) +
                 " more have stacks that are lost, cut or without names: it may be above " +
                 unit_text(limit.maximum, name.unit);
}

// Of the sample types that are built in; null: not known.
const char* unit_of(const std::string& type) {
  if (type.ends_with("_space")) return "bytes";
  for (const char* time : {"cpu", "wall", "delay"}) {
    if (type == time) return "nanoseconds";
  }
  if (type.ends_with("_objects")) return "count";
  for (const char* count : {"fd", "threads", "threadcreate", "contentions", "samples"}) {
    if (type == count) return "count";
  }
  return nullptr;
}

std::string unit_fault(const Limit& limit, const std::string& unit) {
  if (limit.unit == nullptr || unit == limit.unit) return "";
  return limit.figure.type + " is in " + (unit == "count" ? "plain numbers" : unit) + ", not in " +
         limit.unit;
}

std::string names_of(const std::map<FigureName, FigureTable>& tables) {
  std::string all;
  for (const auto& [name, table] : tables)
    all += (all.empty() ? "" : ", ") + name.mode + "." + name.type;
  return all;
}

}  // namespace

std::optional<Limit> parse_limit(const std::string& text, std::string* error) {
  const size_t equals = text.rfind('=');
  *error = "a limit is FIGURE=MAXIMUM, for example alloc_space=64M, 'cpu[parse]=1.5s' or fd@app=0";
  if (equals == std::string::npos) return std::nullopt;
  const std::string amount = text.substr(equals + 1);
  const auto maximum = parse_amount(amount);
  if (!maximum) {
    *error = "'" + amount + "' is no amount; units are B, K, M, G and ns, us, ms, s, m";
    return std::nullopt;
  }
  std::string name = text.substr(0, equals), program;
  const size_t at = name.rfind('@');
  // operator@ is no C++ name, but a name in brackets may have any character.
  if (at != std::string::npos && name.find(']', at) == std::string::npos) {
    program = name.substr(at + 1);
    name.resize(at);
    if (program.empty()) return std::nullopt;
  }
  const auto figure = parse_figure(name, error);
  if (!figure) return std::nullopt;
  const Limit limit{text, *figure, program, maximum->number, maximum->unit};
  const char* unit = unit_of(figure->type);
  if (unit != nullptr) *error = unit_fault(limit, unit);
  if (unit != nullptr && !error->empty()) return std::nullopt;
  return limit;
}

bool parse_limits(const std::string& subcommand, const std::vector<std::string>& texts,
                  std::vector<Limit>* limits) {
  for (const std::string& text : texts) {
    std::string error;
    const auto limit = parse_limit(text, &error);
    if (!limit) {
      say(Level::kError, subcommand + ": --limit '" + text + "': " + error);
      return false;
    }
    limits->push_back(*limit);
  }
  return true;
}

std::string mode_for(const Limit& limit) {
  if (!limit.figure.mode.empty()) return limit.figure.mode;
  const std::string& type = limit.figure.type;
  if (type.starts_with("alloc_") || type.starts_with("inuse_")) return "heap";
  for (const char* mode : {"cpu", "wall", "threads", "threadcreate", "fd"}) {
    if (type == mode) return mode;
  }
  return "";
}

FigureTable& LimitedFigures::table(const std::string& whose, const FigureName& name) {
  const auto [at, is_new] = tables_[whose].try_emplace(name, Grouping::kFunctionInFile);
  if (!is_new) return at->second;
  std::vector<FigurePattern> patterns;
  for (const Limit& limit : limits_) patterns.push_back(limit.figure);
  at->second.watch(functions_of(patterns, name));
  return at->second;
}

void LimitedFigures::add(const Profile& profile) {
  const std::string program = origin_of(profile).program;
  for (int i = 0; i < profile.sample_type_size(); i++) {
    const auto& type = profile.sample_type(i);
    const FigureName name{mode_of(profile), text_of(profile, type.type()),
                          text_of(profile, type.unit())};
    for (const std::string& whose : {std::string(), program}) {
      table(whose, name).add(profile, i);
      if (program.empty()) break;
    }
  }
}

CheckOutcome LimitedFigures::evaluate(const Limit& limit) const {
  CheckOutcome outcome;
  outcome.text = limit.text;
  outcome.result = CheckResult::kNoFigure;
  const auto tables = tables_.find(limit.program);
  if (tables == tables_.end()) {
    outcome.why = limit.program.empty() ? "there is no profile"
                                        : "no profile is of a program " + limit.program;
    return outcome;
  }
  std::vector<const std::pair<const FigureName, FigureTable>*> found;
  for (const auto& each : tables->second) {
    if (limit.figure.names(each.first)) found.push_back(&each);
  }
  if (found.size() != 1) {
    outcome.why = found.empty() ? "no file has this figure; they have " + names_of(tables->second)
                                : "several modes have it: write " + found[0]->first.mode + "." +
                                      limit.figure.type;
    return outcome;
  }
  const auto& [name, table] = *found[0];
  outcome.figure = name;
  outcome.why = unit_fault(limit, name.unit);
  if (!outcome.why.empty()) return outcome;
  const Figure value = value_of(limit, name, table);
  const double least = least_of(value);
  outcome.result = least <= limit.maximum ? CheckResult::kPassed : CheckResult::kFailed;
  outcome.why = sentence(limit, name, value, least);
  look_for_the_function(limit, name, table, value, &outcome);
  if (outcome.result == CheckResult::kFailed) find_function(limit, table, &outcome);
  return outcome;
}

std::vector<CheckOutcome> LimitedFigures::evaluate_all() const {
  std::vector<CheckOutcome> outcomes;
  for (const Limit& limit : limits_) outcomes.push_back(evaluate(limit));
  return outcomes;
}

std::optional<std::vector<CheckOutcome>> check_limits(const std::vector<Limit>& limits,
                                                      const std::vector<std::string>& files) {
  LimitedFigures figures(limits);
  std::vector<std::string> profiles;
  for (const std::string& path : files) {
    if (!path.ends_with(kTraceEnd)) profiles.push_back(path);
  }
  for (const auto& [path, is_last] : distinct_files(profiles, "no limit is judged")) {
    ProfileFile file;
    std::string error;
    set_current_file(path, "no limit is judged");
    if (!file.read(path, &error)) {
      say(Level::kError, path + ": " + error);
      return std::nullopt;
    }
    if (!is_last) drop_state(&file.profile());
    figures.add(file.profile());
  }
  return figures.evaluate_all();
}

std::string limits_markdown(const std::vector<CheckOutcome>& checks) {
  TextTable table({{"result", true}, {"limit", true}, {"value", true}, {"function", true}});
  for (const CheckOutcome& check : checks) {
    table.add({word_of(check.result), printable(check.text), printable(check.why),
               printable(check.function)});
  }
  return "## Limits\n\n" + table.markdown();
}

}  // namespace program
