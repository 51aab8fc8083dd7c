#include "program/agent/late_tables.h"

#include <unistd.h>

#include <catch2/catch.hpp>

using program::LateTables;
using program::TablesName;

namespace {

constexpr uint64_t kMillisecond = 1'000'000;

// How often a file is read until it is given up, and when that is.
std::pair<unsigned, uint64_t> looks_at(const TablesName& name) {
  LateTables late;
  unsigned looks = 0;
  uint64_t now_ns = 1000;
  while (late.wait_for(name, now_ns)) {
    looks++;
    now_ns = late.next_ns();
    CHECK(late.due(now_ns - 1).empty());
    CHECK(late.due(now_ns).size() == 1);
  }
  CHECK(late.empty());
  return {looks, now_ns};
}

}  // namespace

TEST_CASE("tables of a living process that are not filled in are read some 30 times at most") {
  const auto [looks, end_ns] = looks_at({"/x", getpid()});
  CHECK(looks < 30);
  CHECK(end_ns > 30'000 * kMillisecond);
}

TEST_CASE("tables without a process are given up after half a second") {
  const auto [looks, end_ns] = looks_at({"/x", 4194305});
  CHECK(looks < 12);
  CHECK(end_ns < 2'000 * kMillisecond);
  CHECK(end_ns > 400 * kMillisecond);
}

TEST_CASE("files without number are not waited for without number") {
  LateTables late;
  unsigned waited_for = 0;
  for (int i = 0; i < 5000; i++) {
    waited_for += late.wait_for({"/" + std::to_string(i), getpid()}, 1) ? 1 : 0;
  }
  CHECK(waited_for == 1024);
  late.keep_only({"/1", "/2"});
  CHECK(late.due(UINT64_MAX).size() == 2);
}
