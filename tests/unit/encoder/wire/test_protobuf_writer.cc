#include <catch2/catch.hpp>

#include "encoder/pprof/profile_fields.h"
#include "encoder/wire/protobuf_writer.h"
#include "tests/unit/encoder/decoded.h"

using encoder::Message;
using encoder::SmallMessage;
using encoder::varint_size;

TEST_CASE("a varint takes a byte for each seven bits", "[encoder]") {
  CHECK(varint_size(0) == 1);
  CHECK(varint_size(127) == 1);
  CHECK(varint_size(128) == 2);
  CHECK(varint_size(UINT32_MAX) == 5);
  CHECK(varint_size(UINT64_MAX) == 10);
}

TEST_CASE("libprotobuf reads back what was written, at every length of varint", "[encoder]") {
  for (unsigned bits = 0; bits < 64; bits++) {
    const uint64_t value = (uint64_t{1} << bits) + (bits > 2 ? 3 : 0);
    SmallMessage<64> message;
    message.varint(profile_fields::mapping::kMemoryStart, value);
    message.varint(profile_fields::mapping::kMemoryLimit, ~value);
    perftools::profiles::Mapping mapping;
    REQUIRE(mapping.ParseFromString(std::string(message.view())));
    CHECK(mapping.memory_start() == value);
    CHECK(mapping.memory_limit() == ~value);
  }
}

TEST_CASE("packed values and nested messages are read back in order", "[encoder]") {
  const std::vector<uint64_t> ids = {1, 300, 70000, UINT64_MAX, 0};
  SmallMessage<32> label;
  label.varint(profile_fields::label::kKey, 5);
  label.varint_always(profile_fields::label::kNum, 0);
  SmallMessage<128> message;
  message.packed(profile_fields::sample::kLocationId, ids.data(), ids.size());
  message.message(profile_fields::sample::kLabel, label);
  perftools::profiles::Sample sample;
  REQUIRE(sample.ParseFromString(std::string(message.view())));
  CHECK(std::vector<uint64_t>(sample.location_id().begin(), sample.location_id().end()) == ids);
  REQUIRE(sample.label_size() == 1);
  CHECK(sample.label(0).key() == 5);
}

TEST_CASE("a field that does not fit is left out whole and counted", "[encoder]") {
  SmallMessage<4> message;
  message.varint(1, 7);
  CHECK_FALSE(message.overflowed());
  message.bytes(2, "too long");
  CHECK(message.overflowed());
  CHECK(message.view() == "\x08\x07");
  const uint64_t large[] = {UINT64_MAX};
  message.packed(3, large, 1);
  message.varint(4, UINT64_MAX);
  CHECK(message.view() == "\x08\x07");
}

TEST_CASE("a zero is left out unless it has to be there", "[encoder]") {
  SmallMessage<8> message;
  message.varint(1, 0);
  CHECK(message.view().empty());
  message.varint_always(1, 0);
  CHECK(message.view() == std::string_view("\x08\0", 2));
}
