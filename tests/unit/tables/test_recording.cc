// Which modes are armed: one rule, over counts that the host and those beside it change at once.
#include "tables/recording.h"

#include <catch2/catch.hpp>
#include <memory>

#include "tests/unit/tables/in_threads.h"

namespace {

enum Mode : uint32_t { kCpu, kHeap, kAllocs, kBlock };

struct Fixture {
  std::unique_ptr<layout::Header> header = std::make_unique<layout::Header>();
  Fixture() {
    header->mode_count = 4;
    for (uint32_t i = 0; i < 4; i++) header->modes[i].source = i;
    header->modes[kAllocs].source = kHeap;
    header->modes[kBlock].on_demand = 1;
    record(true);
  }
  void record(bool on) {
    recording::set(header->control, on, 1);
    recording::arm(*header);
  }
  void hold(Mode mode, bool held) {
    header->modes[mode].held = held;
    recording::arm(*header);
  }
  std::string armed() const {
    std::string list;
    for (uint32_t i = 0; i < 4; i++) list += header->modes[i].armed ? "1" : "0";
    return list;
  }
};

}  // namespace

TEST_CASE("a mode that is asked for from outside stays armed when the program stops another") {
  Fixture f;
  CHECK(f.armed() == "1110");
  f.hold(kCpu, true);
  CHECK(f.armed() == "0110");
  recording::want(*f.header, kCpu, 1);
  recording::want(*f.header, kBlock, 1);
  f.hold(kHeap, true);
  CHECK(f.armed() == "1111");  // heap's samples are allocs' too
  f.hold(kAllocs, true);
  CHECK(f.armed() == "1001");
  f.record(false);
  CHECK(f.armed() == "1001");
  recording::want(*f.header, kCpu, -1);
  recording::want(*f.header, kBlock, -1);
  CHECK(f.armed() == "0000");
}

TEST_CASE("a mode whose collector could not begin is never armed") {
  Fixture f;
  f.header->modes[kHeap].absent = 1;
  recording::want(*f.header, kHeap, 1);
  CHECK(f.armed() == "1010");
}

TEST_CASE("changes that are made at once are all kept") {
  Fixture f;
  f.record(false);
  for (int round = 0; round < 300; round++) {
    // Each leaves its mode as it should be at the end, after having changed it many times.
    in_threads(3, [&](int me) {
      for (int i = 0; i < 50; i++) {
        recording::want(*f.header, me == 0 ? kCpu : kBlock, 1);
        if (me != 2) recording::want(*f.header, me == 0 ? kCpu : kBlock, -1);
      }
    });
    REQUIRE(f.armed() == "0001");
    recording::want(*f.header, kBlock, -50);
    REQUIRE(f.armed() == "0000");
  }
}

TEST_CASE("hostile numbers in the tables arm something else, and no more than that") {
  Fixture f;
  f.header->mode_count = UINT32_MAX;
  f.header->modes[kAllocs].source = UINT32_MAX;
  f.header->modes[kCpu].wanted = UINT32_MAX;
  recording::arm(*f.header);
  CHECK(f.header->modes[kCpu].armed == 1);
}
