#include "program/agent/http/packed_profile.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>

#include "program/profiles/profile_bytes.h"

namespace program {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr uint32_t kSampleTag = WireFormatLite::MakeTag(pprof::Profile::kSampleFieldNumber,
                                                        WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

// The fields keep their memory from one sample to the next.
thread_local pprof::Sample decoded;

}  // namespace

bool PackedProfile::read(const std::string& bytes) {
  if (!unpack(bytes, &unpacked_) || !split()) return false;
  if (!fault_of(rest_).empty()) return false;
  for (const auto& location : rest_.location()) locations_[location.id()] = &location;
  for (const auto& function : rest_.function()) functions_[function.id()] = &function;
  for (size_t i = 0; i < samples_.size(); i++) {
    const Part& part = samples_[i];
    if (!decoded.ParseFromArray(unpacked_.data() + part.begin, static_cast<int>(part.size)) ||
        !is_good(decoded)) {
      return false;
    }
  }
  return true;
}

// The fields of a message may stand in any order.
bool PackedProfile::split() {
  std::string others;
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(unpacked_.data()),
                                               static_cast<int>(unpacked_.size()));
  std::vector<Part> kept;
  size_t begin = 0;
  for (uint32_t tag; (tag = input.ReadTag()) != 0;) {
    uint32_t size = 0;
    if (tag == kSampleTag) {
      if (!input.ReadVarint32(&size)) return false;
      samples_.push_back({static_cast<uint32_t>(input.CurrentPosition()), size});
      if (!input.Skip(static_cast<int>(size))) return false;
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      return false;
    }
    const auto end = static_cast<size_t>(input.CurrentPosition());
    if (tag != kSampleTag) others.append(unpacked_, begin, end - begin);
    begin = end;
  }
  return begin == unpacked_.size() && rest_.ParseFromString(others);
}

bool PackedProfile::is_good(const pprof::Sample& sample) const {
  const auto is_text = [this](int64_t index) {
    return index >= 0 && index < rest_.string_table_size();
  };
  for (const uint64_t id : sample.location_id()) {
    if (!locations_.contains(id)) return false;
  }
  for (const auto& label : sample.label()) {
    if (!is_text(label.key()) || !is_text(label.str()) || !is_text(label.num_unit())) return false;
  }
  return sample.value_size() == rest_.sample_type_size() && sample.value_size() != 0;
}

const pprof::Sample& PackedProfile::sample(size_t index) const {
  const Part& part = samples_[index];
  decoded.ParseFromArray(unpacked_.data() + part.begin, static_cast<int>(part.size));
  return decoded;
}

std::vector<uint32_t> PackedProfile::sorted_by(int value) const {
  std::vector<std::pair<int64_t, uint32_t>> keys;
  keys.reserve(samples_.size());
  for (uint32_t i = 0; i < samples_.size(); i++) keys.emplace_back(-sample(i).value(value), i);
  std::sort(keys.begin(), keys.end());
  std::vector<uint32_t> order(keys.size());
  std::transform(keys.begin(), keys.end(), order.begin(),
                 [](const auto& key) { return key.second; });
  return order;
}

std::string PackedProfile::label(const pprof::Sample& sample, const char* key) const {
  for (const auto& label : sample.label()) {
    if (text(label.key()) == key) {
      return label.str() != 0 ? text(label.str()) : std::to_string(label.num());
    }
  }
  return "";
}

size_t PackedProfile::held_bytes() const {
  return unpacked_.size() + samples_.size() * (sizeof(Part) + sizeof(uint32_t)) +
         2 * rest_.SpaceUsedLong();
}

}  // namespace program
