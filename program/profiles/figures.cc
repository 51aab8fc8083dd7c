#include "program/profiles/figures.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>

namespace program {
namespace {

std::string address_text(const Profile& profile, const pprof::Location& location) {
  char text[24];
  snprintf(text, sizeof text, "%#lx", location.address());
  for (const auto& mapping : profile.mapping()) {
    if (mapping.id() != location.mapping_id()) continue;
    const std::string& file = text_of(profile, mapping.filename());
    return file.substr(file.rfind('/') + 1) + " " + text;
  }
  return text;
}

std::string value_of(const Profile& profile, const pprof::Label& label) {
  if (label.str() != 0) return text_of(profile, label.str());
  const std::string& unit = text_of(profile, label.num_unit());
  return std::to_string(label.num()) + (unit.empty() ? "" : " " + unit);
}

}  // namespace

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

FigureRow& FigureTable::row(const Frame& frame) {
  FigureRow& row = rows_[frame.key];
  if (row.name.empty()) row.name = frame.name;
  if (row.place.empty()) row.place = frame.place;
  return row;
}

// From the leaf: the innermost inlined function first.
std::vector<FigureTable::Frame> FigureTable::frames_of(const Profile& profile,
                                                       const pprof::Location& location) const {
  std::vector<Frame> frames;
  if (location.line().empty()) {
    const std::string name = address_text(profile, location);
    frames.push_back({name, name, ""});
  }
  for (const auto& line : location.line()) {
    const auto& function = profile.function(static_cast<int>(line.function_id() - 1));
    const std::string& name = text_of(profile, function.name());
    const std::string& file = text_of(profile, function.filename());
    const std::string place = file + ":" + std::to_string(line.line());
    if (grouping_ == Grouping::kFile) {
      frames.push_back({file, file, ""});
    } else if (grouping_ == Grouping::kLine) {
      frames.push_back({name + " " + place, name, place});
    } else if (grouping_ == Grouping::kFunctionInFile) {
      frames.push_back({name + '\n' + file.substr(file.rfind('/') + 1), name, file, line.line()});
    } else {
      frames.push_back({name, name, file});
    }
  }
  return frames;
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

void FigureTable::add(const Profile& given, int type) {
  // Ids in order of the tables, so that a function is found by its id.
  Profile profile = given;
  std::unordered_map<uint64_t, uint64_t> ids;
  for (int i = 0; i < profile.function_size(); i++) {
    ids[profile.function(i).id()] = static_cast<uint64_t>(i) + 1;
  }
  std::unordered_map<uint64_t, std::vector<Frame>> frames;
  for (auto& location : *profile.mutable_location()) {
    for (auto& line : *location.mutable_line()) line.set_function_id(ids[line.function_id()]);
    frames[location.id()] = frames_of(profile, location);
  }
  const SamplingError errors(profile);
  is_exact_ = is_exact_ && errors.is_exact();
  for (const auto& sample : profile.sample()) {
    const auto value = static_cast<double>(sample.value(type));
    if (value == 0) continue;
    const double error = errors.of_row(sample, type);
    total_.add(value, errors.total_is_measured() ? 0 : error);
    if (grouping_ == Grouping::kLabel) {
      add_labels(profile, sample, value, error);
      continue;
    }
    bool is_leaf = true;
    FigureRow* callee = nullptr;
    std::unordered_set<FigureRow*> seen;
    for (const uint64_t id : sample.location_id()) {
      for (const Frame& frame : frames[id]) {
        FigureRow& here = row(frame);
        if (is_leaf) here.flat.add(value, error);
        is_leaf = false;
        if (callee != nullptr && callee != &here) callee->callers[frame.key] += value;
        callee = &here;
        if (!seen.insert(&here).second) continue;
        here.cum.add(value, error);
        if (frame.line > 0) here.lines[frame.line] += value;
      }
    }
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
