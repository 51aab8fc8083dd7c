#include "program/profiles/figures.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "program/profiles/location_frames.h"

namespace program {

int type_index(const Profile& profile, const std::string& name) {
  const int count = profile.sample_type_size();
  const int64_t shown = profile.default_sample_type();
  for (int i = 0; i < count; i++) {
    const int64_t type = profile.sample_type(i).type();
    if (name.empty() ? shown != 0 && type == shown : text_of(profile, type) == name) return i;
  }
  return name.empty() ? count - 1 : -1;
}

std::string type_names(const Profile& profile) {
  std::string all;
  for (const auto& type : profile.sample_type()) {
    all += (all.empty() ? "" : ", ") + text_of(profile, type.type()) + "/" +
           text_of(profile, type.unit());
  }
  return all;
}

void FigureTable::watch(const std::vector<FunctionPattern>& patterns) {
  for (const FunctionPattern& pattern : patterns) {
    if (watched(pattern) == nullptr) watched_.push_back({pattern, {}, {}, false});
  }
}

const FunctionFigure* FigureTable::watched(const FunctionPattern& pattern) const {
  const auto at = std::find_if(watched_.begin(), watched_.end(),
                               [&](const FunctionFigure& each) { return each.pattern == pattern; });
  return at == watched_.end() ? nullptr : &*at;
}

FigureRow& FigureTable::row(const Frame& frame) {
  FigureRow& row = rows_[frame.key];
  if (row.name.empty()) {
    row.name = frame.name;
    for (size_t i = 0; i < watched_.size(); i++) {
      if (matches_function(watched_[i].pattern.function, row.name)) row.watched.push_back(i);
    }
  }
  if (row.place.empty()) row.place = frame.place;
  return row;
}

FigureTable::Frame FigureTable::frame_of(const NamedFrame& frame) const {
  const auto& [name, file, line, has_name] = frame;
  if (file.empty() && grouping_ == Grouping::kFile) return {"(no file)", "(no file)", ""};
  const std::string place = file.empty() ? "" : file + ":" + std::to_string(line);
  switch (grouping_) {
    case Grouping::kFile:
      return {file, file, ""};
    case Grouping::kLine:
      return {place.empty() ? name : name + " " + place, name, place};
    case Grouping::kFunctionInFile:
      return {name + '\n' + file.substr(file.rfind('/') + 1), name, file, line};
    case Grouping::kFunction:
    case Grouping::kLabel:
      break;
  }
  return {name, name, file};
}

// `has_makers`: [unknown] stands for what no call of the program has made.
static bool stands_for_lost(const std::string& name, bool has_makers) {
  return name == "[lost]" || name == "[truncated]" || name == "[jit]" ||
         (name == "[unknown]" && !has_makers);
}

FigureTable::Frames FigureTable::keyed_frames_of(const Profile& profile) const {
  Frames all;
  const bool has_makers = mode_of(profile) == "fd";
  for (const auto& [id, frames] : frames_of(profile)) {
    for (const NamedFrame& frame : frames) {
      all[id].push_back(frame_of(frame));
      all[id].back().is_whole = frame.has_name && !stands_for_lost(frame.name, has_makers);
    }
  }
  return all;
}

void FigureTable::add_labels(const Profile& profile, const pprof::Sample& sample, double value,
                             double error) {
  bool is_found = false;
  for (const auto& label : sample.label()) {
    if (text_of(profile, label.key()) != label_) continue;
    const std::string text = value_of(profile, label);
    FigureRow& found = row({text, text, ""});
    found.flat.add(value, error), found.cum.add(value, error);
    is_found = true;
  }
  if (is_found) return;
  FigureRow& without = row({"", "(none)", ""});
  without.flat.add(value, error), without.cum.add(value, error);
}

void FigureTable::add_stack(const pprof::Sample& sample, const Frames& frames, double value,
                            double error) {
  FigureRow* callee = nullptr;
  bool is_whole = true;
  std::unordered_set<FigureRow*> seen;
  std::vector<FigureRow*> stack;
  for (const uint64_t id : sample.location_id()) {
    for (const Frame& frame : frames.at(id)) {
      FigureRow& here = row(frame);
      is_whole = is_whole && frame.is_whole;
      if (callee == nullptr) here.flat.add(value, error);
      if (callee != nullptr && callee != &here) callee->callers[frame.key] += value;
      callee = &here;
      if (!seen.insert(&here).second) continue;
      stack.push_back(&here);
      here.cum.add(value, error);
      if (frame.line > 0) here.lines[frame.line] += value;
    }
  }
  if (!watched_.empty()) add_watched(stack, is_whole, value, error);
}

// `stack`: its rows from the leaf, each once.
void FigureTable::add_watched(const std::vector<FigureRow*>& stack, bool is_whole, double value,
                              double error) {
  std::vector<bool> holds(watched_.size(), false);
  for (const FigureRow* row : stack) {
    for (const size_t i : row->watched) {
      watched_[i].is_found = true;
      if (row == stack[0] || !watched_[i].pattern.is_flat) holds[i] = true;
    }
  }
  for (size_t i = 0; i < watched_.size(); i++) {
    if (holds[i]) watched_[i].value.add(value, error);
    if (!holds[i] && !is_whole) watched_[i].possible.add(value, error);
  }
}

void FigureTable::add(const Profile& profile, int type) {
  const bool is_by_label = grouping_ == Grouping::kLabel;
  const Frames frames = is_by_label ? Frames() : keyed_frames_of(profile);
  const SamplingError errors(profile);
  is_exact_ = is_exact_ && errors.is_exact();
  for (const auto& sample : profile.sample()) {
    const auto value = static_cast<double>(sample.value(type));
    if (value == 0) continue;
    const double error = errors.of_row(sample, type);
    total_.add(value, errors.total_is_measured() ? 0 : error);
    is_by_label ? add_labels(profile, sample, value, error)
                : add_stack(sample, frames, value, error);
  }
}

std::vector<const FigureRow*> FigureTable::sorted(bool by_cum) const {
  std::vector<const FigureRow*> all;
  for (const auto& [key, row] : rows_) all.push_back(&row);
  const auto key = [by_cum](const FigureRow* row) {
    const double first = by_cum ? row->cum.value : row->flat.value;
    return std::pair(std::abs(first), std::abs(by_cum ? row->flat.value : row->cum.value));
  };
  std::sort(all.begin(), all.end(), [&](const FigureRow* a, const FigureRow* b) {
    return key(a) != key(b) ? key(a) > key(b) : a->name < b->name;
  });
  return all;
}

}  // namespace program
