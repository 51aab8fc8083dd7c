#include "collectors/unwind/executable_memory.h"

#include <catch2/catch.hpp>

TEST_CASE("pages that were made executable are held, and their neighbours are not") {
  constexpr uint64_t kPage = 4096;
  const uint64_t start = (uint64_t{1} << 40) + 61 * kPage;
  executable_memory::made(start + 5, 70 * kPage);  // over a word's end, and into the 71st page
  for (uint64_t page = 0; page < 71; page++) CHECK(executable_memory::holds(start + page * kPage));
  CHECK_FALSE(executable_memory::holds(start - 1));
  CHECK_FALSE(executable_memory::holds(start + 71 * kPage));
  executable_memory::made(start + 100 * kPage, 0);
  CHECK_FALSE(executable_memory::holds(start + 100 * kPage));
}

TEST_CASE("memory at the end of all addresses, or larger than them all, ends the marking") {
  executable_memory::made(~uint64_t{0} - 10, 11);
  CHECK(executable_memory::holds(~uint64_t{0}));
  executable_memory::made(0, ~uint64_t{0});
  CHECK(executable_memory::holds(uint64_t{1} << 33));
}
