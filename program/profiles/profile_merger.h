// Several profiles made one, each sample with the process it comes from.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "program/profiles/merged_comments.h"
#include "program/profiles/profile.h"
#include "program/profiles/profile_editor.h"

namespace program {

// Samples get the labels `pid` and `program`, unless they have them from an earlier merge. A
// mapping of the same file is one mapping, wherever the processes had it: its addresses are moved
// to where the first had it, or where that is taken, to free addresses. Of equal stacks and labels
// the values are added.
class ProfileMerger {
 public:
  ProfileMerger();

  // `next` has passed fault_of(). False, and why, if its sample types are others than the first's.
  bool add(const Profile& next, std::string* error);

  // The profile with its times and comments; nothing can be added afterwards.
  const Profile& finish();

  size_t count() const { return count_; }

 private:
  using Ids = std::unordered_map<uint64_t, uint64_t>;  // of the profile that is added, to ours

  int64_t text(std::string_view value) { return editor_.text(value); }
  bool take_types(const Profile& next, std::string* error);
  void take_times(const Profile& next);
  void take_mappings(const Profile& next);
  uint64_t place_mapping(uint64_t start, uint64_t size);
  void take_functions(const Profile& next);
  void take_locations(const Profile& next);
  void take_samples(const Profile& next, const ProfileOrigin& origin);

  Profile merged_;
  ProfileEditor editor_{&merged_};
  size_t count_ = 0;
  int64_t first_ns_ = 0, last_ns_ = 0;
  std::unordered_map<std::string, uint64_t> mappings_, functions_, locations_;
  std::unordered_map<std::string, int> samples_;
  std::map<uint64_t, uint64_t> taken_;  // start and end of the mappings' addresses
  struct Moved {
    uint64_t id, old_start, new_start;
  };
  std::unordered_map<uint64_t, Moved> moved_;
  Ids function_ids_, location_ids_;
  MergedComments comments_;
};

}  // namespace program
