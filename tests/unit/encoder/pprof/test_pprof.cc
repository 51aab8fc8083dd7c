#include <catch2/catch.hpp>

#include <cmath>

#include "tables/weight.h"
#include "tests/unit/encoder/decoded.h"
#include "tests/unit/encoder/pprof_rules.h"

using Values = std::vector<int64_t>;

TEST_CASE("the head of a cpu profile says what was measured, when and how often", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.sample(t.stack({0x1100, 0x1200}), {3, 30000000});
  const Decoded d(t);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
  REQUIRE(d.profile.sample_type_size() == 2);
  CHECK(d.text(d.profile.sample_type(0).type()) == "samples");
  CHECK(d.text(d.profile.sample_type(0).unit()) == "count");
  CHECK(d.text(d.profile.sample_type(1).type()) == "cpu");
  CHECK(d.text(d.profile.sample_type(1).unit()) == "nanoseconds");
  CHECK(d.text(d.profile.default_sample_type()) == "cpu");
  CHECK(d.text(d.profile.period_type().type()) == "cpu");
  CHECK(d.text(d.profile.period_type().unit()) == "nanoseconds");
  CHECK(d.profile.period() == 10000000);
  CHECK(d.profile.time_nanos() == 1700000000123456789);
  CHECK(d.profile.duration_nanos() == 2000000000);
  CHECK(d.profile.drop_frames() == 0);
  CHECK(d.values("1100;1200") == Values{3, 30000000});
  CHECK(d.result.samples == 1);
  CHECK(d.result.skipped == 0);
}

TEST_CASE("tables without an end take the end of the caller", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.header().end_monotonic_ns = 0;
  CHECK(Decoded(t).profile.duration_nanos() == 3000000000);
  t.header().start_monotonic_ns = 4000000000;  // a clock that went backwards is no duration
  CHECK(Decoded(t).profile.duration_nanos() == 0);
}

TEST_CASE("the same tables give the same bytes", "[encoder]") {
  FakeTables t;
  t.heap(1000);
  for (uint64_t i = 0; i < 500; i++) {
    t.object("/lib/l" + std::to_string(i % 50), 0x10000 * i, 0x10000 * i + 0x8000);
    const layout::Ref s = t.sample(t.stack({0x10000 * i + 16, 0x10000 * i + 32}), {1.5, 2e6}, 0,
                                   t.label_set({{"thread", "t" + std::to_string(i % 7)}}), i);
    t.live(0x5000 + i * 16, i, s);
  }
  const std::string first = encoded(t.data(), t.size_bytes()).file;
  CHECK(first == encoded(t.data(), t.size_bytes()).file);
  CHECK(pprof_rules::broken_rules(parsed(first)).empty());
}

TEST_CASE("fractions are kept and rounded once, half away from zero", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.sample(t.stack({0x1001}), {0.5, 2.49999});
  t.sample(t.stack({0x1002}), {0.49999, 0.4});
  t.sample(t.stack({0x1003}), {4503599627370497.5, 1e300});
  t.sample(t.stack({0x1004}), {-1.0 / 0.0, 1.0 / 0.0});
  t.sample(t.stack({0x1005}), {__builtin_nan(""), 1});
  const Decoded d(t);
  CHECK(d.values("1001") == Values{1, 2});
  CHECK(d.values("1002").empty());  // nothing but zeros: not written
  CHECK(d.values("1003") == Values{4503599627370498, INT64_MAX});
  CHECK(d.values("1004") == Values{0, INT64_MAX});
  CHECK(d.values("1005") == Values{0, 1});
}

TEST_CASE("live values are the weighted live blocks, alloc values stay when all is freed",
          "[encoder]") {
  FakeTables t;
  const uint64_t rate = 524288;
  t.heap(rate);
  t.cpu();
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  const layout::Ref kept = t.sample(t.stack({0x1001}), {10, 3000}, 0, 0, 320);
  const layout::Ref freed = t.sample(t.stack({0x1002}), {7, 700}, 0, 0, 100);
  const layout::Ref other = t.sample(t.stack({0x1003}), {1, 2}, 1);
  t.live(0x5000, 327680, kept);
  t.live(0x6000, 327680, kept);
  t.live(0x7000, 100, other);             // of another mode
  t.live(0, 100, freed);                  // free again
  t.live(layout::kLiveBusy, 100, freed);  // being written
  const Decoded d(t);
  const double weight = weight::of_allocation(327680, rate);
  CHECK(d.values("1001") ==
        Values{10, 3000, std::llround(2 * weight), std::llround(2 * weight * 327680)});
  CHECK(static_cast<int64_t>(weight * 327680) == 705084);  // as Go says, which cuts off
  CHECK(d.values("1002") == Values{7, 700, 0, 0});
  CHECK(d.values("1003").empty());
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("live blocks count wherever in the two tables they are", "[encoder]") {
  FakeTables t;
  t.heap();
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  const layout::Ref kept = t.sample(t.stack({0x1001}), {40, 40000}, 0, 0, 1000);
  t.live(0x5000, 1000, kept);
  for (uint64_t i = 0; i < layout::kLargeLive; i++)
    t.live_in(t.header().large_live[i], 0x6000 + i * 0x1000, 1000, kept);
  t.live_in(t.header().large_live[3], 0, 1000, kept);                  // free
  t.live_in(t.header().large_live[3], layout::kLiveBusy, 1000, kept);  // being filled
  const Decoded d(t);
  CHECK(d.values("1001") == Values{40, 40000, 17, 17000});
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a live block whose sample found no room is live under [lost]", "[encoder]") {
  FakeTables t;
  t.heap();
  t.header().modes[0].lost = 1;
  t.header().modes[0].lost_value[0] = 1;
  t.header().modes[0].lost_value[1] = 640;
  t.live(0x5000, 640, 0);
  const Decoded d(t);
  CHECK(d.values("[lost]") == Values{1, 640, 1, 640});
  CHECK(d.result.skipped == 0);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a mode that counts only what is live has no value of its own", "[encoder]") {
  FakeTables t;
  layout::ModeEntry& fd = t.mode("fd", {{"fd", "count"}}, 0);
  fd.live_from = 0;
  fd.period = 1;
  std::strcpy(fd.period_type.type, "fd");
  std::strcpy(fd.period_type.unit, "count");
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  const layout::Ref open = t.sample(t.stack({0x1001}), {5});
  t.sample(t.stack({0x1002}), {5});
  t.live(16 + 3, 0, open);
  t.live(16 + 4, 0, open);
  const Decoded d(t);
  CHECK(d.values("1001") == Values{2});
  CHECK(d.profile.sample_size() == 1);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("allocs shows the samples and losses of heap with its own default", "[encoder]") {
  FakeTables t;
  t.heap();
  t.allocs(0);
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.live(0x5000, 64, t.sample(t.stack({0x1001}), {2, 128}, 0, 0, 64));
  t.header().modes[0].samples = 2;
  t.header().modes[0].lost_value[1] = 99;
  const Decoded d(t, 1);
  CHECK(d.values("1001") == Values{2, 128, 1, 64});
  CHECK(d.values("[lost]") == Values{0, 99, 0, 0});
  CHECK(d.text(d.profile.default_sample_type()) == "alloc_space");
  CHECK(d.comment("mode") == "allocs");
  CHECK(d.comment("samples") == "2");
}

TEST_CASE("a mode that is not there or impossible is an error in words", "[encoder]") {
  FakeTables t;
  layout::ModeEntry& cpu = t.cpu();
  CHECK(encoded(t.data(), t.size_bytes(), 1).result.error ==
        std::string("the tables have no such mode"));
  cpu.source = 5;
  CHECK(encoded(t.data(), t.size_bytes()).result.error ==
        std::string("the mode shows samples of a mode that is not there"));
  cpu.source = 0;
  cpu.value_count = 5;
  CHECK(encoded(t.data(), t.size_bytes()).result.error ==
        std::string("the mode has an impossible number of values"));
}

TEST_CASE("a sink that refuses makes the encoding fail in words", "[encoder]") {
  FakeTables t;
  t.cpu();
  encoder::EncodeInput input;
  encoder::Result result;
  REQUIRE(input.view.open(t.data(), t.size_bytes(), &result.error));
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), encoder::kUsualArena);
  const encoder::Sink full = {[](void*, const void*, size_t) { return false; }, nullptr};
  CHECK_FALSE(encoder::encode(input, arena, full, &result));
  CHECK(result.error == std::string("the profile could not be written"));
}
