// Protobuf on the wire, written by hand: the host cannot have libprotobuf (docs/decisions/).
//
// A nested message is built in a buffer of a known largest size, then goes into the one around it
// or into the stream as a whole; so a profile of any size needs no more memory than its largest
// sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace encoder {

class Gzip;

// Bytes that `value` takes as a varint: 1 to 10.
constexpr size_t varint_size(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) size++;
  return size;
}

// Writes a varint and returns what is behind it. `to` has varint_size(value) bytes.
inline uint8_t* put_varint(uint8_t* to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<uint8_t>(value | 0x80);
  *to++ = static_cast<uint8_t>(value);
  return to;
}

// One message in the caller's buffer. Fields that do not fit are left out whole, and counted.
class Message {
 public:
  Message(uint8_t* buffer, size_t capacity)
      : begin_(buffer), next_(buffer), end_(buffer + capacity) {}

  void clear() { next_ = begin_; }
  // A field of value 0 is left out, as proto3 does.
  void varint(uint32_t field, uint64_t value) {
    if (value != 0) varint_always(field, value);
  }
  void varint_always(uint32_t field, uint64_t value);
  void fixed64(uint32_t field, uint64_t value);
  void bytes(uint32_t field, std::string_view bytes);
  void message(uint32_t field, const Message& nested) { bytes(field, nested.view()); }
  void packed(uint32_t field, const uint64_t* values, size_t count);

  std::string_view view() const {
    return {reinterpret_cast<const char*>(begin_), static_cast<size_t>(next_ - begin_)};
  }
  size_t room() const { return static_cast<size_t>(end_ - next_); }
  bool overflowed() const { return overflowed_; }

 private:
  bool room_for(size_t size_bytes);

  uint8_t* begin_;
  uint8_t* next_;
  uint8_t* end_;
  bool overflowed_ = false;
};

// A message with its buffer, for the small ones.
template <size_t kCapacity>
class SmallMessage : public Message {
 public:
  SmallMessage() : Message(buffer_, kCapacity) {}
  SmallMessage(const SmallMessage&) = delete;
  SmallMessage& operator=(const SmallMessage&) = delete;

 private:
  uint8_t buffer_[kCapacity];
};

// The outermost message, which goes into the stream field by field.
class MessageStream {
 public:
  explicit MessageStream(Gzip& out) : out_(out) {}
  void varint(uint32_t field, uint64_t value);
  void bytes(uint32_t field, std::string_view bytes);
  void message(uint32_t field, const Message& nested) { bytes(field, nested.view()); }
  // A message that ends with a large one, which is not copied together.
  void message(uint32_t field, const Message& head, uint32_t last_field, const Message& last);

 private:
  Gzip& out_;
};

}  // namespace encoder
