// Large recordings: what an encoding may cost in memory, and what happens where it ends.
#include <catch2/catch.hpp>

#include <chrono>

#include "tests/unit/encoder/decoded.h"
#include "tests/unit/encoder/pprof_rules.h"

namespace {

// Stacks of 30 frames over `places` addresses in 40 objects.
void fill(FakeTables& t, uint64_t stacks, uint64_t places) {
  t.heap(524288);
  for (uint64_t i = 0; i < 40; i++)
    t.object("/lib/l" + std::to_string(i), i << 24, (i << 24) + (1 << 24),
             i == 0 ? layout::kObjectMain : 0);
  const layout::Ref labels = t.label_set({{"thread", "worker"}});
  uint64_t random = 1;
  for (uint64_t i = 0; i < stacks; i++) {
    std::vector<uint64_t> pcs(30);
    for (uint64_t& pc : pcs) {
      random = random * 6364136223846793005 + 1442695040888963407;
      const uint64_t place = (random >> 33) % places;
      pc = (place % 40 << 24) + place / 40 * 5;
    }
    const layout::Ref s = t.sample(t.stack(pcs), {1.5, 700.5}, 0, labels, i % 1000);
    t.live(0x10000 + 16 * i, i % 5000, s);
  }
}

}  // namespace

TEST_CASE("a quarter million stacks of thirty frames fit into 64 MiB of arena", "[encoder]") {
  FakeTables t(size_t{128} << 20);
  fill(t, 250000, 50000);
  const auto started = std::chrono::steady_clock::now();
  const Encoded e = encoded(t.data(), t.size_bytes());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  REQUIRE(e.ok);
  WARN("encoded in " << took.count() << " s, " << e.memory / 1024 << " KiB of arena, "
                     << e.file.size() / 1024 << " KiB of file");
  CHECK(e.result.samples == 250000);
  CHECK(e.result.skipped == 0);
  CHECK(e.memory <= encoder::kUsualArena);
  CHECK(took.count() < 20);  // a second in truth; the rest is for sanitizers and busy machines
}

TEST_CASE("with too little memory values are kept under [lost] and the file is whole",
          "[encoder]") {
  FakeTables t(size_t{16} << 20);
  fill(t, 20000, 600000);
  const Decoded d(t, 0, {}, encoder::kSmallestArena);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
  CHECK(d.result.samples == 20000);
  CHECK(d.result.skipped > 0);
  int64_t objects = 0;
  for (const auto& s : d.profile.sample()) objects += s.value(0);
  CHECK(objects == 40000);  // 1.5 rounds to 2
  CHECK_FALSE(d.values("[lost]").empty());
  CHECK(d.comment("mode") == "heap");
}

TEST_CASE("an arena too small for zlib is an error in words", "[encoder]") {
  FakeTables t;
  t.cpu();
  const Encoded e = encoded(t.data(), t.size_bytes(), 0, 100000);
  CHECK_FALSE(e.ok);
  CHECK(e.result.error == std::string("there is not enough memory to write a profile"));
}
