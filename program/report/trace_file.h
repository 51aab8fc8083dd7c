// A Perfetto trace of ours, packet by packet: it may hold millions, which are never all in memory.
#pragma once

#include <google/protobuf/io/zero_copy_stream.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "encoder/perfetto.pb.h"

namespace program {

using TracePacket = perfetto::protos::TracePacket;

// Whether unpacked bytes are a trace: ours begin with the clock, and no profile's first field is
// such.
bool is_trace(std::string_view bytes);

// False if the bytes are damaged; the packets before that were visited. Of a stream one packet at a
// time is in memory.
bool each_packet(google::protobuf::io::ZeroCopyInputStream* stream,
                 const std::function<void(const TracePacket&)>& visit);
bool each_packet(std::string_view bytes, const std::function<void(const TracePacket&)>& visit);

// What packets have interned so far, by sequence.
class TraceStrings {
 public:
  struct Frame {
    std::string path, build_id;  // of the mapping; the build id in hexadecimal digits
    uint64_t relative_pc = 0;
    std::string function;  // of a pseudo-frame
  };
  // A frame stays where it is as long as this lives.
  void take(const TracePacket& packet);
  // Root first; null: not known.
  const std::vector<const Frame*>* stack(uint32_t sequence, uint64_t id) const;
  template <typename Visit>
  void each_frame(Visit visit) const {
    for (const auto& [key, frame] : frames_) visit(frame);
  }

 private:
  using Key = std::pair<uint32_t, uint64_t>;  // sequence, id
  std::map<Key, std::string> paths_, build_ids_, functions_;
  std::map<Key, std::pair<std::string, std::string>> mappings_;  // path, build id
  std::map<Key, Frame> frames_;
  std::map<Key, std::vector<const Frame*>> stacks_;
};

}  // namespace program
