#include "encoder/wire/string_table.h"

#include <cstring>

namespace encoder {
namespace {

constexpr char kBadByte = '_';

bool continues(char byte) {
  return (byte & 0xc0) == 0x80;
}

// Bytes of the character that begins at p: 0 if it is none. By the table of RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF.
size_t character_size(const char* p, size_t left) {
  const auto first = static_cast<unsigned char>(p[0]);
  if (first < 0x80) return 1;
  const auto second = static_cast<unsigned char>(left > 1 ? p[1] : 0);
  size_t size = 0;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    size = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    size = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    size = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  }
  if (size == 0 || size > left || second < low || second > high) return 0;
  for (size_t i = 2; i < size; i++)
    if (!continues(p[i])) return 0;
  return size;
}

}  // namespace

void make_utf8(char* bytes, size_t size_bytes) {
  for (size_t i = 0; i < size_bytes;) {
    const size_t size = character_size(bytes + i, size_bytes - i);
    if (size == 0) bytes[i] = kBadByte;
    i += size == 0 ? 1 : size;
  }
}

std::string_view cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t size = limit;
  for (int back = 0; back < 3 && size > 0 && continues(text[size]); back++) size--;
  return text.substr(0, continues(text[size]) ? limit : size);
}

uint64_t StringTable::String::hash(uint64_t seed) const {
  uint64_t h = mixed(seed, length);
  for (uint32_t i = 0; i < length; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i, length - i < 8 ? length - i : 8);
    h = mixed(h ^ word, seed);
  }
  return h;
}

bool StringTable::String::same(const String& other) const {
  return length == other.length && std::memcmp(bytes, other.bytes, length) == 0;
}

bool StringTable::open() {
  buffer_ = arena_.array<char>(kMaxLength);
  return buffer_ != nullptr && strings_.add(String{"", 0, Kind::kUnused}) == 0;
}

StringTable& StringTable::add(std::string_view text) {
  const std::string_view piece = cut(text, kMaxLength - size_);
  if (!piece.empty()) std::memcpy(buffer_ + size_, piece.data(), piece.size());
  size_ += piece.size();
  return *this;
}

StringTable& StringTable::add_path(std::string_view path) {
  for (size_t i = 0; i < path.size();) {
    const size_t size = character_size(path.data() + i, path.size() - i);
    if (size != 0) {
      add(path.substr(i, size));
    } else {
      const auto byte = static_cast<uint8_t>(path[i]);
      add("\\x").add_hex(&byte, 1);
    }
    i += size == 0 ? 1 : size;
  }
  return *this;
}

StringTable& StringTable::add_number(uint64_t number, unsigned digits) {
  char text[20];
  size_t at = sizeof text;
  while (number != 0 || digits > 0) {
    text[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
    if (digits > 0) digits--;
  }
  return add({text + at, sizeof text - at});
}

StringTable& StringTable::add_hex(const uint8_t* bytes, size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < count; i++) {
    const char pair[2] = {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15]};
    add({pair, 2});
  }
  return *this;
}

uint32_t StringTable::finish() {
  if (size_ == 0) return 0;
  // The bytes are checked as copied: the host may change them below us.
  make_utf8(buffer_, size_);
  String string{buffer_, static_cast<uint32_t>(size_), Kind::kUnused};
  const uint32_t known = strings_.find(string);
  if (known != kNone) return known;
  char* copy = arena_.array<char>(size_);
  if (copy == nullptr) return 0;
  std::memcpy(copy, buffer_, size_);
  string.bytes = copy;
  const uint32_t index = strings_.add(string);
  return index == kNone ? 0 : index;
}

uint32_t StringTable::finish_as_line() {
  for (size_t i = 0; i < size_; i++)
    if (static_cast<unsigned char>(buffer_[i]) < ' ' || buffer_[i] == 0x7f) buffer_[i] = ' ';
  return finish();
}

bool StringTable::use_as_key(uint32_t i, Kind kind) {
  if (strings_[i].kind == Kind::kUnused) strings_[i].kind = kind;
  return strings_[i].kind == kind;
}

}  // namespace encoder
