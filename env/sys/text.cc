#include "env/sys/text.h"

#include <cstring>

namespace text {

Builder& Builder::operator<<(std::string_view more) {
  const size_t left = room_ - size_;
  const size_t count = more.size() < left ? more.size() : left;
  if (count < more.size()) cut_ = true;
  if (count > 0) memcpy(bytes_ + size_, more.data(), count);
  size_ += count;
  bytes_[size_] = '\0';
  return *this;
}

Builder& Builder::operator<<(uint64_t number) {
  char digits[20];
  size_t n = sizeof digits;
  do {
    digits[--n] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return *this << std::string_view(digits + n, sizeof digits - n);
}

void Builder::insert(size_t at, std::string_view more) {
  if (at > size_) at = size_;
  if (more.size() > room_ - size_) {
    cut_ = true;
    return;
  }
  if (more.empty()) return;
  memmove(bytes_ + at + more.size(), bytes_ + at, size_ - at);
  memcpy(bytes_ + at, more.data(), more.size());
  size_ += more.size();
  bytes_[size_] = '\0';
}

void Builder::shorten(size_t new_size) {
  if (new_size < size_) size_ = new_size;
  bytes_[size_] = '\0';
}

size_t find(std::string_view whole, std::string_view piece) {
  for (size_t i = 0; i + piece.size() <= whole.size(); i++) {
    size_t same = 0;
    while (same < piece.size() && whole.data()[i + same] == piece.data()[same]) same++;
    if (same == piece.size()) return i;
  }
  return kNowhere;
}

size_t find_last(std::string_view whole, char byte) {
  for (size_t i = whole.size(); i > 0; i--) {
    if (whole.data()[i - 1] == byte) return i - 1;
  }
  return kNowhere;
}

bool starts_with(std::string_view whole, std::string_view piece) {
  return part(whole, 0, piece.size()) == piece;
}

bool ends_with(std::string_view whole, std::string_view piece) {
  return whole.size() >= piece.size() && part(whole, whole.size() - piece.size()) == piece;
}

bool next_item(std::string_view& rest, std::string_view& item) {
  if (rest.empty()) return false;
  size_t end = find(rest, ",");
  if (end == kNowhere) end = rest.size();
  item = part(rest, 0, end);
  rest = part(rest, end + 1);
  while (!item.empty() && item.data()[0] == ' ') item = part(item, 1);
  while (!item.empty() && item.data()[item.size() - 1] == ' ')
    item = part(item, 0, item.size() - 1);
  return true;
}

bool equal_but_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (upper(a.data()[i]) != upper(b.data()[i])) return false;
  }
  return true;
}

bool take_number(std::string_view& rest, uint64_t& number) {
  size_t n = 0;
  number = 0;
  for (; n < rest.size() && is_digit(rest.data()[n]); n++) {
    const auto digit = static_cast<uint64_t>(rest.data()[n] - '0');
    if (__builtin_mul_overflow(number, uint64_t{10}, &number)) return false;
    if (__builtin_add_overflow(number, digit, &number)) return false;
  }
  rest = part(rest, n);
  return n > 0;
}

size_t printable_length(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes.data()[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  uint32_t code = first & (0x7fU >> length);
  for (size_t i = 1; i < length; i++) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  // Overlong forms, surrogates, what is past Unicode, and the C1 controls that terminals obey.
  const uint32_t lowest = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0xa0;
  if (code < lowest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
  return length;
}

}  // namespace text
