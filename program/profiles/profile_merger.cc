#include "program/profiles/profile_merger.h"

#include <algorithm>

namespace program {
namespace {

class Key {
 public:
  Key& operator<<(uint64_t number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
    return *this;
  }
  Key& operator<<(std::string_view text) {
    *this << uint64_t{text.size()};
    bytes_.append(text);
    return *this;
  }
  const std::string& get() const { return bytes_; }

 private:
  std::string bytes_;
};

int64_t sum(int64_t a, int64_t b) {
  int64_t result = 0;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return a < 0 ? INT64_MIN : INT64_MAX;
}

}  // namespace

ProfileMerger::ProfileMerger() {
  text("");
}

bool ProfileMerger::add(const Profile& next, std::string* error) {
  if (!take_types(next, error)) return false;
  const ProfileOrigin origin = origin_of(next);
  moved_.clear();
  function_ids_.clear();
  location_ids_.clear();
  take_times(next);
  take_mappings(next);
  take_functions(next);
  take_locations(next);
  take_samples(next, origin);
  comments_.take(next, origin);
  count_++;
  return true;
}

bool ProfileMerger::take_types(const Profile& next, std::string* error) {
  const auto write = [&](const pprof::ValueType& from, pprof::ValueType* to) {
    to->set_type(text(text_of(next, from.type())));
    to->set_unit(text(text_of(next, from.unit())));
  };
  Profile types;
  for (const auto& type : next.sample_type()) write(type, types.add_sample_type());
  write(next.period_type(), types.mutable_period_type());
  if (count_ == 0) {
    merged_.mutable_sample_type()->CopyFrom(types.sample_type());
    merged_.mutable_period_type()->CopyFrom(types.period_type());
    merged_.set_default_sample_type(text(text_of(next, next.default_sample_type())));
  }
  const auto equal = [](const pprof::ValueType& a, const pprof::ValueType& b) {
    return a.type() == b.type() && a.unit() == b.unit();
  };
  const bool same = equal(types.period_type(), merged_.period_type()) &&
                    std::equal(types.sample_type().begin(), types.sample_type().end(),
                               merged_.sample_type().begin(), merged_.sample_type().end(), equal);
  if (!same) *error = "its sample types are others than the first file's";
  return same;
}

// Of different periods the longest, as pprof does: values are counted in their own units.
void ProfileMerger::take_times(const Profile& next) {
  merged_.set_period(std::max(merged_.period(), next.period()));
  const int64_t start = next.time_nanos();
  if (start <= 0) return;
  first_ns_ = first_ns_ == 0 ? start : std::min(first_ns_, start);
  last_ns_ = std::max(last_ns_, end_of(next));
}

uint64_t ProfileMerger::place_mapping(uint64_t start, uint64_t size) {
  const auto is_free = [&](uint64_t at) {
    const auto behind = taken_.upper_bound(at);
    if (behind != taken_.end() && behind->first < at + size) return false;
    return behind == taken_.begin() || std::prev(behind)->second <= at;
  };
  constexpr uint64_t kPage = 4096;
  while (!is_free(start)) {
    // Behind what is in the way: each step passes one mapping at least.
    auto behind = taken_.lower_bound(start + size);
    const uint64_t next = (std::prev(behind)->second + kPage - 1) / kPage * kPage;
    if (next < start || next > UINT64_MAX - size) return start;  // no room: they overlap
    start = next;
  }
  taken_[start] = start + size;
  return start;
}

void ProfileMerger::take_mappings(const Profile& next) {
  for (const auto& mapping : next.mapping()) {
    const bool sound = mapping.memory_limit() > mapping.memory_start();
    const uint64_t size = sound ? mapping.memory_limit() - mapping.memory_start() : 0;
    const std::string_view file = text_of(next, mapping.filename());
    const std::string_view build_id = text_of(next, mapping.build_id());
    Key key;
    key << build_id << file << size << mapping.file_offset();
    // Without either nothing tells that it is the same code.
    if (file.empty() && build_id.empty()) key << mapping.memory_start() << count_;
    const auto [at, added] = mappings_.try_emplace(key.get(), merged_.mapping_size() + 1);
    if (added) {
      pprof::Mapping* ours = merged_.add_mapping();
      *ours = mapping;
      ours->set_id(at->second);
      ours->set_filename(text(file));
      ours->set_build_id(text(build_id));
      if (sound) {
        ours->set_memory_start(place_mapping(mapping.memory_start(), size));
        ours->set_memory_limit(ours->memory_start() + size);
      }
    }
    pprof::Mapping* ours = merged_.mutable_mapping(static_cast<int>(at->second) - 1);
    ours->set_has_functions(ours->has_functions() && mapping.has_functions());
    ours->set_has_filenames(ours->has_filenames() && mapping.has_filenames());
    ours->set_has_line_numbers(ours->has_line_numbers() && mapping.has_line_numbers());
    ours->set_has_inline_frames(ours->has_inline_frames() && mapping.has_inline_frames());
    moved_[mapping.id()] = {at->second, mapping.memory_start(), ours->memory_start()};
  }
}

void ProfileMerger::take_functions(const Profile& next) {
  for (const auto& function : next.function()) {
    pprof::Function ours;
    ours.set_name(text(text_of(next, function.name())));
    ours.set_system_name(text(text_of(next, function.system_name())));
    ours.set_filename(text(text_of(next, function.filename())));
    ours.set_start_line(function.start_line());
    Key key;
    for (const int64_t part :
         {ours.name(), ours.system_name(), ours.filename(), ours.start_line()}) {
      key << static_cast<uint64_t>(part);
    }
    const auto [at, added] = functions_.try_emplace(key.get(), merged_.function_size() + 1);
    if (added) {
      ours.set_id(at->second);
      *merged_.add_function() = ours;
    }
    function_ids_[function.id()] = at->second;
  }
}

void ProfileMerger::take_locations(const Profile& next) {
  for (const auto& location : next.location()) {
    pprof::Location ours = location;
    const auto moved = moved_.find(location.mapping_id());
    if (moved != moved_.end()) {
      ours.set_mapping_id(moved->second.id);
      ours.set_address(location.address() - moved->second.old_start + moved->second.new_start);
    }
    // Code in no object is another at the same address of another process: its name tells them
    // apart.
    Key key;
    key << ours.mapping_id() << ours.address();
    for (auto& line : *ours.mutable_line()) {
      line.set_function_id(function_ids_.at(line.function_id()));
      if (ours.mapping_id() != 0) continue;
      key << line.function_id() << static_cast<uint64_t>(line.line());
    }
    const auto [at, added] = locations_.try_emplace(key.get(), merged_.location_size() + 1);
    if (added) {
      ours.set_id(at->second);
      *merged_.add_location() = ours;
    }
    pprof::Location* known = merged_.mutable_location(static_cast<int>(at->second) - 1);
    if (known->line_size() == 0) *known->mutable_line() = ours.line();  // named in one file only
    location_ids_[location.id()] = at->second;
  }
}

void ProfileMerger::take_samples(const Profile& next, const ProfileOrigin& origin) {
  const int64_t pid_key = text("pid");
  const int64_t program_key = text("program");
  for (const auto& sample : next.sample()) {
    pprof::Sample ours;
    Key key;
    key << uint64_t{static_cast<uint64_t>(sample.location_id_size())};
    for (const uint64_t id : sample.location_id()) {
      ours.add_location_id(location_ids_.at(id));
      key << location_ids_.at(id);
    }
    bool has_pid = false;
    bool has_program = false;
    for (const auto& label : sample.label()) {
      pprof::Label* added = ours.add_label();
      added->set_key(text(text_of(next, label.key())));
      added->set_str(text(text_of(next, label.str())));
      added->set_num(label.num());
      added->set_num_unit(text(text_of(next, label.num_unit())));
      has_pid = has_pid || added->key() == pid_key;
      has_program = has_program || added->key() == program_key;
    }
    if (!has_program && !origin.program.empty()) {
      pprof::Label* added = ours.add_label();
      added->set_key(program_key);
      added->set_str(text(origin.program));
    }
    if (!has_pid && origin.pid != 0) {
      pprof::Label* added = ours.add_label();
      added->set_key(pid_key);
      added->set_num(origin.pid);
      added->set_num_unit(text("id"));
    }
    for (const auto& label : ours.label()) {
      for (const int64_t part : {label.key(), label.str(), label.num(), label.num_unit()}) {
        key << static_cast<uint64_t>(part);
      }
    }
    const auto [at, added] = samples_.try_emplace(key.get(), merged_.sample_size());
    if (added) {
      ours.mutable_value()->CopyFrom(sample.value());
      *merged_.add_sample() = ours;
      continue;
    }
    pprof::Sample* same = merged_.mutable_sample(at->second);
    for (int i = 0; i < sample.value_size(); i++) {
      same->set_value(i, sum(same->value(i), sample.value(i)));
    }
  }
}

const Profile& ProfileMerger::finish() {
  merged_.set_time_nanos(first_ns_);
  merged_.set_duration_nanos(last_ns_ - first_ns_);
  for (const std::string& line : comments_.lines()) merged_.add_comment(text(line));
  return merged_;
}

}  // namespace program
