#include "program/agent/http/shared_text.h"

#include <catch2/catch.hpp>

using namespace program;

namespace {

std::string whole(const SharedText& text) {
  std::string all;
  for (size_t number = 0; text.part(number, &all);) number++;
  return all;
}

}  // namespace

TEST_CASE("a text is read in parts, by several readers, whatever its size") {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{16384}, size_t{16385}, size_t{100000}}) {
    std::string bytes(size, 'a');
    if (size > 0) bytes.back() = 'z';
    const auto text = plain_text(bytes);
    CHECK(text->size() == size);
    CHECK(whole(*text) == bytes);
    CHECK(whole(*text) == bytes);
  }
}

TEST_CASE("a text keeps its place in the room until its last reader is done") {
  AnswerRoom room;
  constexpr size_t kMost = size_t{44} << 20;
  const auto is_full = [&room](size_t bytes) {
    return room.take(bytes, [] { return true; }) == nullptr;
  };
  Text one = in_place(plain_text(std::string(1 << 20, 'a')), room.take(kMost, {}));
  Text other = one;
  one.reset();
  CHECK(is_full(kMost));
  CHECK_FALSE(is_full(kMost / 2));  // it keeps what it holds, not what its making took
  other.reset();
  CHECK_FALSE(is_full(kMost));
}
