#include "encoder/wire/protobuf_writer.h"

#include <cstring>

#include "encoder/wire/gzip.h"

namespace encoder {
namespace {

constexpr uint64_t kVarint = 0;
constexpr uint64_t kFixed64 = 1;
constexpr uint64_t kLengthDelimited = 2;
constexpr size_t kMaxVarint = 10;

constexpr uint64_t tag(uint32_t field, uint64_t wire_type) {
  return uint64_t{field} << 3 | wire_type;
}

}  // namespace

bool Message::room_for(size_t size_bytes) {
  if (size_bytes <= static_cast<size_t>(end_ - next_)) return true;
  overflowed_ = true;
  return false;
}

void Message::varint_always(uint32_t field, uint64_t value) {
  if (!room_for(varint_size(tag(field, kVarint)) + varint_size(value))) return;
  next_ = put_varint(put_varint(next_, tag(field, kVarint)), value);
}

void Message::fixed64(uint32_t field, uint64_t value) {
  const uint64_t head = tag(field, kFixed64);
  if (!room_for(varint_size(head) + sizeof value)) return;
  next_ = put_varint(next_, head);
  std::memcpy(next_, &value, sizeof value);  // both sides are little-endian
  next_ += sizeof value;
}

void Message::bytes(uint32_t field, std::string_view bytes) {
  const uint64_t head = tag(field, kLengthDelimited);
  if (!room_for(varint_size(head) + varint_size(bytes.size()) + bytes.size())) return;
  next_ = put_varint(put_varint(next_, head), bytes.size());
  if (!bytes.empty()) std::memcpy(next_, bytes.data(), bytes.size());
  next_ += bytes.size();
}

void Message::packed(uint32_t field, const uint64_t* values, size_t count) {
  if (count == 0) return;
  size_t size = 0;
  for (size_t i = 0; i < count; i++) size += varint_size(values[i]);
  const uint64_t head = tag(field, kLengthDelimited);
  if (!room_for(varint_size(head) + varint_size(size) + size)) return;
  next_ = put_varint(put_varint(next_, head), size);
  for (size_t i = 0; i < count; i++) next_ = put_varint(next_, values[i]);
}

void MessageStream::varint(uint32_t field, uint64_t value) {
  if (value == 0) return;
  uint8_t buffer[2 * kMaxVarint];
  const uint8_t* end = put_varint(put_varint(buffer, tag(field, kVarint)), value);
  out_.write(buffer, static_cast<size_t>(end - buffer));
}

void MessageStream::bytes(uint32_t field, std::string_view bytes) {
  uint8_t buffer[2 * kMaxVarint];
  const uint8_t* end = put_varint(put_varint(buffer, tag(field, kLengthDelimited)), bytes.size());
  out_.write(buffer, static_cast<size_t>(end - buffer));
  out_.write(bytes.data(), bytes.size());
}

void MessageStream::message(uint32_t field, const Message& head, uint32_t last_field,
                            const Message& last) {
  uint8_t buffer[4 * kMaxVarint];
  const uint64_t last_tag = tag(last_field, kLengthDelimited);
  const size_t last_size = last.view().size();
  const size_t size =
      head.view().size() + varint_size(last_tag) + varint_size(last_size) + last_size;
  uint8_t* end = put_varint(put_varint(buffer, tag(field, kLengthDelimited)), size);
  out_.write(buffer, static_cast<size_t>(end - buffer));
  out_.write(head.view().data(), head.view().size());
  end = put_varint(put_varint(buffer, last_tag), last_size);
  out_.write(buffer, static_cast<size_t>(end - buffer));
  out_.write(last.view().data(), last_size);
}

}  // namespace encoder
