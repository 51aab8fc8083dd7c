#include "program/symbols/allocator_frames.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "program/symbols/allocator_names.h"

namespace program {
namespace {

class LeafTrimmer {
 public:
  explicit LeafTrimmer(Profile* profile) : profile_(profile) {
    for (const auto& function : profile->function()) {
      allocators_[function.id()] =
          is_allocator(text(function.name()), text(function.system_name()));
    }
    for (auto& location : *profile->mutable_location()) {
      kept_lines_[location.id()] = lines_behind_allocators(location);
      by_id_[location.id()] = &location;
    }
  }

  void trim(pprof::Sample* sample) {
    int first = 0;
    while (first < sample->location_id_size() && kept(sample, first) == 0) first++;
    if (first == sample->location_id_size()) return;
    sample->mutable_location_id()->erase(sample->location_id().begin(),
                                         sample->location_id().begin() + first);
    const uint64_t leaf = sample->location_id(0);
    if (kept_lines_[leaf] > 0) sample->set_location_id(0, trimmed(leaf));
  }

 private:
  static constexpr int kAll = -1;  // no allocator among its lines, or no lines

  const std::string& text(int64_t index) const { return text_of(*profile_, index); }

  // kAll, 0 if there is nothing but allocators, else how many lines follow them.
  int lines_behind_allocators(const pprof::Location& location) {
    int dropped = 0;
    while (dropped < location.line_size() && allocators_[location.line(dropped).function_id()]) {
      dropped++;
    }
    return dropped == 0 ? kAll : location.line_size() - dropped;
  }

  int kept(const pprof::Sample* sample, int index) {
    return kept_lines_[sample->location_id(index)];
  }

  // The location without its allocators. A copy: further up in a stack it keeps them.
  uint64_t trimmed(uint64_t id) {
    uint64_t& copy_id = trimmed_[id];
    if (copy_id != 0) return copy_id;
    while (by_id_.contains(++last_id_)) continue;  // any id may be taken
    copy_id = last_id_;
    const int kept_count = kept_lines_[id];
    pprof::Location copy = *by_id_[id];
    copy.mutable_line()->DeleteSubrange(0, copy.line_size() - kept_count);
    copy.set_id(copy_id);
    pprof::Location* added = profile_->add_location();
    *added = std::move(copy);
    by_id_[copy_id] = added;
    return copy_id;
  }

  Profile* profile_;
  std::unordered_map<uint64_t, bool> allocators_;
  std::unordered_map<uint64_t, int> kept_lines_;
  std::unordered_map<uint64_t, pprof::Location*> by_id_;
  std::unordered_map<uint64_t, uint64_t> trimmed_;
  uint64_t last_id_ = 0;
};

// Stack and labels: what makes two samples one.
std::string key_of(const pprof::Sample& sample) {
  pprof::Sample key = sample;
  key.clear_value();
  return key.SerializeAsString();
}

void join_equal_samples(Profile* profile) {
  std::unordered_map<std::string, int> first;
  int count = 0;
  for (int i = 0; i < profile->sample_size(); i++) {
    const auto [at, added] = first.try_emplace(key_of(profile->sample(i)), count);
    if (added) {
      profile->mutable_sample()->SwapElements(i, count++);
      continue;
    }
    pprof::Sample* sum = profile->mutable_sample(at->second);
    for (int v = 0; v < sum->value_size(); v++) {
      const auto total =
          static_cast<uint64_t>(sum->value(v)) + static_cast<uint64_t>(profile->sample(i).value(v));
      sum->set_value(v, static_cast<int64_t>(total));
    }
  }
  profile->mutable_sample()->DeleteSubrange(count, profile->sample_size() - count);
}

template <typename Message>
void keep_listed(google::protobuf::RepeatedPtrField<Message>* all,
                 const std::unordered_set<uint64_t>& ids) {
  int kept = 0;
  for (int i = 0; i < all->size(); i++) {
    if (ids.contains(all->Get(i).id())) all->SwapElements(i, kept++);
  }
  all->DeleteSubrange(kept, all->size() - kept);
}

void drop_unused(Profile* profile) {
  std::unordered_set<uint64_t> locations;
  std::unordered_set<uint64_t> functions;
  for (const auto& sample : profile->sample()) {
    locations.insert(sample.location_id().begin(), sample.location_id().end());
  }
  keep_listed(profile->mutable_location(), locations);
  for (const auto& location : profile->location()) {
    for (const auto& line : location.line()) functions.insert(line.function_id());
  }
  keep_listed(profile->mutable_function(), functions);
}

}  // namespace

bool has_allocations(const Profile& profile) {
  return std::any_of(
      profile.sample_type().begin(), profile.sample_type().end(),
      [&](const auto& type) { return text_of(profile, type.type()) == "alloc_space"; });
}

void drop_allocator_frames(Profile* profile) {
  LeafTrimmer trimmer(profile);
  for (auto& sample : *profile->mutable_sample()) trimmer.trim(&sample);
  join_equal_samples(profile);
  drop_unused(profile);
}

}  // namespace program
