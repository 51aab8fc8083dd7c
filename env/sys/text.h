// Text in buffers of fixed size: built, split and checked without allocation or locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace text {

// Appends to a caller's buffer; what does not fit is dropped and remembered. Always terminated.
class Builder {
 public:
  template <size_t N>
  explicit Builder(char (&buffer)[N]) : Builder(buffer, N) {}
  Builder(char* buffer, size_t buffer_size) : bytes_(buffer), room_(buffer_size - 1) {
    bytes_[0] = '\0';
  }

  Builder& operator<<(std::string_view more);
  Builder& operator<<(char byte) { return *this << std::string_view(&byte, 1); }
  Builder& operator<<(uint64_t number);
  // Puts text in before the byte at `at`.
  void insert(size_t at, std::string_view more);
  void shorten(size_t new_size);

  std::string_view view() const { return {bytes_, size_}; }
  const char* c_str() const { return bytes_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool cut() const { return cut_; }

 private:
  char* bytes_;
  size_t room_;
  size_t size_ = 0;
  bool cut_ = false;
};

// string_view::substr throws, which needs libstdc++; this one clamps.
constexpr std::string_view part(std::string_view whole, size_t from, size_t count = SIZE_MAX) {
  if (from > whole.size()) from = whole.size();
  const size_t left = whole.size() - from;
  return {whole.data() + from, count < left ? count : left};
}

constexpr size_t kNowhere = SIZE_MAX;
size_t find(std::string_view whole, std::string_view piece);
size_t find_last(std::string_view whole, char byte);
bool starts_with(std::string_view whole, std::string_view piece);
bool ends_with(std::string_view whole, std::string_view piece);

// Takes the next item off a comma list, blanks around it dropped; false when nothing is left.
bool next_item(std::string_view& rest, std::string_view& item);

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
bool equal_but_case(std::string_view a, std::string_view b);

// Takes the digits at the front; false if there are none or the number is above 2^64 - 1.
bool take_number(std::string_view& rest, uint64_t& number);

// The length of the character at the front if it is well-formed UTF-8 and no control character
// (C0, DEL, C1), else 0.
size_t printable_length(std::string_view bytes);

}  // namespace text
