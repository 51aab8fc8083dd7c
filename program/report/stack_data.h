// The stacks of one mode in the form that the report's page reads: a tree that holds each common
// part of the stacks once, and samples that name a node of it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "program/profiles/profile.h"

namespace program {

struct SampleType {
  std::string type, unit;
  bool operator==(const SampleType&) const = default;
};

using Labels = std::vector<std::pair<std::string, std::string>>;  // key, value

class StackData {
 public:
  // Two sides are those of a comparison, the base first. Then a frame's place is its file alone:
  // lines of two builds differ, and so do their threads' and processes' numbers.
  StackData(std::vector<SampleType> types, size_t sides);

  // Adds the profile's values of these types, times `share`, with `more` labels on each sample. The
  // profile has passed fault_of().
  void add(const Profile& profile, size_t side, double share, const Labels& more);

  // "types"; of each frame "names" and "places"; of each node, from number 1 on, "frames" and in
  // "parents" how far back its parent is; of each sample, sorted, in "nodes" how much its node is
  // above the one before, in "marks" its entry in "sets", which are of entries in "labels"; and
  // "values", a column for each type of each side.
  nlohmann::json json() const;

  size_t stack_count() const { return rows_.size(); }

 private:
  int column_of(const Profile& profile, size_t type) const;
  uint32_t frame_number(const std::string& name, const std::string& place);
  uint32_t node_of(uint32_t parent, uint32_t frame);
  uint32_t set_of(const Profile& profile, const pprof::Sample& sample, const Labels& more);

  std::vector<SampleType> types_;
  size_t sides_;
  std::unordered_map<std::string, uint32_t> frame_numbers_;
  std::vector<std::string> names_, places_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> node_numbers_;  // of parent and frame
  std::vector<uint32_t> parents_, frames_;                          // of node 1 and on
  std::map<std::pair<std::string, std::string>, uint32_t> label_numbers_;
  std::map<std::vector<uint32_t>, uint32_t> set_numbers_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<double>> rows_;  // of node and set of labels
};

}  // namespace program
