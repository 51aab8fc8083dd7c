#include <catch2/catch.hpp>

#include <random>

#include "encoder/wire/gzip.h"
#include "tests/unit/encoder/decoded.h"

namespace {

std::string compressed(const std::string& bytes, size_t piece) {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), size_t{1} << 20);
  std::string out;
  encoder::Gzip gzip(sink_into(&out));
  REQUIRE(gzip.open(arena));
  for (size_t i = 0; i < bytes.size(); i += piece)
    gzip.write(bytes.data() + i, std::min(piece, bytes.size() - i));
  REQUIRE(gzip.finish());
  CHECK(gzip.compressed_bytes() == out.size());
  return out;
}

}  // namespace

TEST_CASE("what goes in comes out, whatever the pieces", "[encoder]") {
  std::mt19937 random(1);
  std::string noise(200000, 0);
  for (char& c : noise) c = static_cast<char>(random());
  for (size_t size : {size_t{0}, size_t{1}, size_t{32768}, size_t{32769}, noise.size()})
    for (size_t piece : {7, 32768, 1000000})
      CHECK(gunzipped(compressed(noise.substr(0, size), piece)) == noise.substr(0, size));
}

TEST_CASE("the same bytes give the same file", "[encoder]") {
  CHECK(compressed("abcabcabc", 2) == compressed("abcabcabc", 9));
}

TEST_CASE("a sink that refuses is reported at the end and not asked again", "[encoder]") {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), size_t{1} << 20);
  int calls = 0;
  encoder::Gzip gzip({[](void* context, const void*, size_t) {
                        ++*static_cast<int*>(context);
                        return false;
                      },
                      &calls});
  REQUIRE(gzip.open(arena));
  std::mt19937 random(2);
  for (int i = 0; i < 200000; i++) {
    const auto byte = static_cast<char>(random());
    gzip.write(&byte, 1);
  }
  CHECK_FALSE(gzip.finish());
  CHECK(calls == 1);
}

TEST_CASE("without memory the stream does not open", "[encoder]") {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), size_t{128} << 10);
  std::string out;
  encoder::Gzip gzip(sink_into(&out));
  CHECK_FALSE(gzip.open(arena));
}
