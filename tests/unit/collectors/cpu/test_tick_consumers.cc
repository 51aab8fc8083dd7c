#include "collectors/cpu/tick_consumers.h"

#include <catch2/catch.hpp>

namespace {

void first(Thread*, layout::Ref, layout::Ref, uint64_t) {}
void second(Thread*, layout::Ref, layout::Ref, uint64_t) {}

}  // namespace

TEST_CASE("a consumer that is added again is there once, also where a place before it is free") {
  tick_consumers::add(first, 0);
  tick_consumers::add(second, 1);
  tick_consumers::remove(first);
  tick_consumers::add(second, 1);
  CHECK(tick_consumers::count() == 1);
  tick_consumers::remove_all();
}
