#include "program/report/stack_data.h"

#include <algorithm>
#include <cmath>

#include "program/profiles/figures.h"
#include "program/profiles/location_frames.h"

namespace program {
namespace {

using nlohmann::json;

bool is_of_one_run(const std::string& key) {
  return key == "tid" || key == "pid";
}

// Whole numbers are shorter than fractions; means of few runs need some.
json number(double value) {
  const double rounded =
      std::fabs(value) < 1000 ? std::round(value * 100) / 100 : std::round(value);
  return rounded == std::floor(rounded) ? json(static_cast<int64_t>(rounded)) : json(rounded);
}

// The keys of a map of numbers, by number.
template <typename Map>
std::vector<typename Map::key_type> by_number(const Map& numbers) {
  std::vector<typename Map::key_type> keys(numbers.size());
  for (const auto& [key, number] : numbers) keys[number] = key;
  return keys;
}

}  // namespace

StackData::StackData(std::vector<SampleType> types, size_t sides)
    : types_(std::move(types)), sides_(sides) {}

uint32_t StackData::frame_number(const std::string& name, const std::string& place) {
  const auto [at, is_new] =
      frame_numbers_.try_emplace(name + '\n' + place, static_cast<uint32_t>(names_.size()));
  if (is_new) names_.push_back(name), places_.push_back(place);
  return at->second;
}

uint32_t StackData::node_of(uint32_t parent, uint32_t frame) {
  const auto [at, is_new] =
      node_numbers_.try_emplace({parent, frame}, static_cast<uint32_t>(parents_.size() + 1));
  if (is_new) parents_.push_back(parent), frames_.push_back(frame);
  return at->second;
}

uint32_t StackData::set_of(const Profile& profile, const pprof::Sample& sample,
                           const Labels& more) {
  std::vector<uint32_t> set;
  const auto add = [&](const std::string& key, const std::string& value) {
    if (sides_ > 1 && is_of_one_run(key)) return;
    const auto next = static_cast<uint32_t>(label_numbers_.size());
    set.push_back(label_numbers_.try_emplace({key, value}, next).first->second);
  };
  for (const auto& label : sample.label()) {
    add(text_of(profile, label.key()), value_of(profile, label));
  }
  for (const auto& [key, value] : more) add(key, value);
  const auto next = static_cast<uint32_t>(set_numbers_.size());
  return set_numbers_.try_emplace(set, next).first->second;
}

// By place where it stands there, for a file may have two types of one name.
int StackData::column_of(const Profile& profile, size_t type) const {
  const auto at = static_cast<int>(type);
  const std::string& name = types_[type].type;
  const bool is_there =
      at < profile.sample_type_size() && text_of(profile, profile.sample_type(at).type()) == name;
  return is_there ? at : type_index(profile, name);
}

void StackData::add(const Profile& profile, size_t side, double share, const Labels& more) {
  std::unordered_map<uint64_t, std::vector<uint32_t>> numbers;  // of frames, from the root
  for (const auto& [id, frames] : frames_of(profile)) {
    for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
      const std::string line = sides_ > 1 ? "" : ":" + std::to_string(frame->line);
      numbers[id].push_back(
          frame_number(frame->name, frame->file.empty() ? "" : frame->file + line));
    }
  }
  std::vector<int> columns;
  for (size_t i = 0; i < types_.size(); i++) columns.push_back(column_of(profile, i));
  for (const auto& sample : profile.sample()) {
    uint32_t node = 0;
    for (int i = sample.location_id_size() - 1; i >= 0; i--) {
      for (const uint32_t frame : numbers[sample.location_id(i)]) node = node_of(node, frame);
    }
    std::vector<double>& row = rows_[{node, set_of(profile, sample, more)}];
    row.resize(types_.size() * sides_);
    for (size_t type = 0; type < types_.size(); type++) {
      if (columns[type] < 0) continue;
      row[side * types_.size() + type] += share * static_cast<double>(sample.value(columns[type]));
    }
  }
}

json StackData::json() const {
  nlohmann::json nodes = nlohmann::json::array(), marks = nodes, values = nodes, parents = nodes;
  for (size_t i = 0; i < types_.size() * sides_; i++) values.push_back(nlohmann::json::array());
  uint32_t last = 0;
  for (const auto& [key, row] : rows_) {
    nodes.push_back(key.first - last), marks.push_back(key.second);
    last = key.first;
    for (size_t i = 0; i < row.size(); i++) values[i].push_back(number(row[i]));
  }
  nlohmann::json types = nlohmann::json::array();
  for (const SampleType& type : types_) types.push_back({{"type", type.type}, {"unit", type.unit}});
  // Differences are small numbers, which pack well.
  for (size_t i = 0; i < parents_.size(); i++) parents.push_back(i + 1 - parents_[i]);
  return {{"types", types},
          {"names", names_},
          {"places", places_},
          {"parents", parents},
          {"frames", frames_},
          {"nodes", nodes},
          {"marks", marks},
          {"sets", by_number(set_numbers_)},
          {"labels", by_number(label_numbers_)},
          {"values", values}};
}

}  // namespace program
