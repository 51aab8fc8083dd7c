// The pieces that a trace's packets are put together of.
#pragma once

#include <string_view>

#include "encoder/trace/trace_fields.h"
#include "encoder/trace/trace_packets.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"

namespace encoder {

namespace event_fields = trace_fields::event;

constexpr size_t kEventBytes = 1024;
using EventMessage = SmallMessage<kEventBytes>;

inline void add_type(Message& event, uint64_t type, std::string_view category,
                     std::string_view name) {
  event.varint(event_fields::kType, type);
  if (!category.empty()) event.bytes(event_fields::kCategories, category);
  if (!name.empty()) event.bytes(event_fields::kName, name);
}

inline void add_number(Message& event, std::string_view name, uint32_t field, uint64_t value) {
  SmallMessage<64> annotation;
  annotation.bytes(trace_fields::annotation::kName, name);
  annotation.varint_always(field, value);
  event.message(event_fields::kAnnotations, annotation);
}

inline void add_text(Message& event, std::string_view name, std::string_view text) {
  SmallMessage<kEventBytes> annotation;
  annotation.bytes(trace_fields::annotation::kName, name);
  annotation.bytes(trace_fields::annotation::kString, cut(text, 512));
  event.message(event_fields::kAnnotations, annotation);
}

// A packet of the present sequence.
class TracePackets::Packet : public Message {
 public:
  Packet(TracePackets& of, uint64_t flags) : Message(buffer_, sizeof buffer_), out_(of.out_) {
    varint(trace_fields::packet::kSequenceId, of.sequence_);
    varint(trace_fields::packet::kSequenceFlags, flags);
  }
  void send() { out_.message(trace_fields::kPacket, *this); }

 private:
  MessageStream& out_;
  uint8_t buffer_[8192];
};

}  // namespace encoder
