// Dumps that a process asks for by a word that a worker without rights can write.
#include <catch2/catch.hpp>

#include "program/agent/target/dump_allowance.h"

using program::DumpAllowance;

namespace {

constexpr uint64_t kSecond = 1000000000;

unsigned taken_at(DumpAllowance& allowance, uint64_t now_ns) {
  unsigned count = 0;
  while (count < 1000 && allowance.take(now_ns)) count++;
  return count;
}

}  // namespace

TEST_CASE("sixty dumps may be made at once, and one a second after that") {
  for (const uint64_t begin : {uint64_t{5}, 7 * kSecond, 1000000 * kSecond}) {
    DumpAllowance allowance;
    CHECK(taken_at(allowance, begin) == 60);
    CHECK(taken_at(allowance, begin + kSecond / 2) == 0);
    CHECK(taken_at(allowance, begin + kSecond) == 1);
    CHECK(taken_at(allowance, begin + 11 * kSecond) == 10);
    // What was not used for long is no more than at the start.
    CHECK(taken_at(allowance, begin + 100000 * kSecond) == 60);
  }
}
