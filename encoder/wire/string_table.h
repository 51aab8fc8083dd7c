// The strings of a profile: interned, valid UTF-8, index 0 is "". Texts are also put together here.
//
// This is the one place where bytes of the host become strings: what is no UTF-8 becomes '_', in
// paths of objects an escape.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoder/wire/arena.h"
#include "encoder/wire/arena_set.h"

namespace encoder {

class StringTable {
 public:
  // A longer string is cut. A path may have 4 KiB, a command line is cut to as much.
  static constexpr size_t kMaxLength = 6 << 10;

  explicit StringTable(Arena& arena) : arena_(arena), strings_(arena) {}

  // False without memory.
  bool open();

  // The index of a string; 0 for "" and where memory has run out.
  uint32_t intern(std::string_view text) { return start().add(text).finish(); }

  // The same in pieces: table.start().add("pid: ").add_number(4711).finish(). One at a time.
  StringTable& start() {
    size_ = 0;
    return *this;
  }
  StringTable& add(std::string_view text);
  // A byte that is not UTF-8 becomes `\xe9`: the file can still be found.
  StringTable& add_path(std::string_view path);
  StringTable& add_number(uint64_t number, unsigned digits = 1);
  StringTable& add_hex(const uint8_t* bytes, size_t count);
  uint32_t finish();
  // Control characters become spaces, so that a string of the host's cannot fake another line.
  uint32_t finish_as_line();

  uint32_t count() const { return strings_.size(); }
  std::string_view operator[](uint32_t i) const { return {strings_[i].bytes, strings_[i].length}; }

  // What a label key stands for in this profile: pprof allows one kind of value to a key. False if
  // it has already been used for the other.
  enum class Kind : uint8_t { kUnused, kText, kNumber };
  bool use_as_key(uint32_t i, Kind kind);

 private:
  struct String {
    const char* bytes;
    uint32_t length;
    Kind kind;
    uint64_t hash(uint64_t seed) const;
    bool same(const String& other) const;
  };

  Arena& arena_;
  ArenaSet<String> strings_;
  char* buffer_ = nullptr;
  size_t size_ = 0;
};

// Replaces in place each byte that is no part of valid UTF-8.
void make_utf8(char* bytes, size_t size_bytes);
// The longest start of `text` of at most `limit` bytes that does not end within a character.
std::string_view cut(std::string_view text, size_t limit);

}  // namespace encoder
