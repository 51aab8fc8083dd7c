#include "program/report/trace_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "program/system/hexadecimal.h"

namespace program {
namespace {

using google::protobuf::io::CodedInputStream;
constexpr uint32_t kPacketTag = 1 << 3 | 2;
// Names of a thousand addresses are the largest packet.
constexpr uint32_t kMostPacketBytes = 128 << 20;
constexpr uint8_t kClockTag = 6 << 3 | 2;

}  // namespace

bool is_trace(std::string_view bytes) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  uint32_t size = 0;
  uint8_t first = 0;
  return input.ReadTag() == kPacketTag && input.ReadVarint32(&size) && input.ReadRaw(&first, 1) &&
         first == kClockTag;
}

bool each_packet(google::protobuf::io::ZeroCopyInputStream* stream,
                 const std::function<void(const TracePacket&)>& visit) {
  CodedInputStream input(stream);
  std::string bytes;
  TracePacket packet;
  while (const uint32_t tag = input.ReadTag()) {
    uint32_t size = 0;
    if (tag != kPacketTag || !input.ReadVarint32(&size) || size > kMostPacketBytes) return false;
    if (!input.ReadString(&bytes, static_cast<int>(size))) return false;
    if (!packet.ParseFromString(bytes)) return false;
    visit(packet);
  }
  return input.ConsumedEntireMessage();
}

bool each_packet(std::string_view bytes, const std::function<void(const TracePacket&)>& visit) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  return each_packet(&stream, visit);
}

void TraceStrings::take(const TracePacket& packet) {
  if (!packet.has_interned_data()) return;
  const auto& data = packet.interned_data();
  const uint32_t sequence = packet.trusted_packet_sequence_id();
  const auto texts = [&](const auto& list, std::map<Key, std::string>* into) {
    for (const auto& text : list) (*into)[{sequence, text.iid()}] = text.str();
  };
  texts(data.mapping_paths(), &paths_);
  texts(data.function_names(), &functions_);
  for (const auto& text : data.build_ids()) {
    build_ids_[{sequence, text.iid()}] = hexadecimal(text.str());
  }
  for (const auto& mapping : data.mappings()) {
    std::string path;
    for (const uint64_t id : mapping.path_string_ids()) path += paths_[{sequence, id}];
    mappings_[{sequence, mapping.iid()}] = {path, build_ids_[{sequence, mapping.build_id()}]};
  }
  for (const auto& frame : data.frames()) {
    Frame& to = frames_[{sequence, frame.iid()}];
    const auto& [path, build_id] = mappings_[{sequence, frame.mapping_id()}];
    to = {path, build_id, frame.rel_pc(), functions_[{sequence, frame.function_name_id()}]};
  }
  for (const auto& stack : data.callstacks()) {
    auto& to = stacks_[{sequence, stack.iid()}];
    to.clear();
    for (const uint64_t id : stack.frame_ids()) to.push_back(&frames_[{sequence, id}]);
  }
}

const std::vector<const TraceStrings::Frame*>* TraceStrings::stack(uint32_t sequence,
                                                                   uint64_t id) const {
  const auto at = stacks_.find({sequence, id});
  return at == stacks_.end() ? nullptr : &at->second;
}

}  // namespace program
