// Tables as a killed, broken or hostile host may leave them: the encoder must return in bounded
// time with a file that pprof takes, or with a sentence. Run under ASan and UBSan by scripts/test.
#include <catch2/catch.hpp>

#include <chrono>
#include <random>

#include "tests/unit/encoder/decoded.h"
#include "tests/unit/encoder/pprof_rules.h"

namespace {

constexpr size_t kSize = 96 << 10;
constexpr size_t kArena = 4 << 20;

// Something of everything, in tables that are nearly full.
FakeTables rich_tables() {
  FakeTables t(kSize);
  t.heap(4096);
  layout::ModeEntry& cpu = t.cpu();
  cpu.detail_kind = layout::DetailKind::kText;
  std::strcpy(cpu.detail_key, "what");
  layout::ModeEntry& own = t.cpu();
  own.live_from = 0;
  own.live_kind = layout::LiveKind::kReferences;
  own.title = t.text("sessions");
  layout::ModeEntry& descriptors = t.cpu();
  descriptors.live_from = 0;
  descriptors.live_kind = layout::LiveKind::kDescriptors;
  const layout::Ref directory = t.allocate(sizeof(layout::DescriptorDirectory));
  const layout::Ref segment = t.allocate(sizeof(layout::DescriptorSegment));
  t.header().descriptors = directory;
  t.at<layout::DescriptorDirectory>(directory).segments[3] = segment;
  t.header().user_labels = t.label_set({{"service", "shop"}, {"n", "", 3, "x"}});
  t.header().note = t.text("a note\nand another");
  t.object("/usr/bin/app", 0x1000, 0x9000, layout::kObjectMain);
  t.object("lib.so (deleted)", 0x10000, 0x20000, 0, 1, 3);
  t.object("/lib/two.so", 0x18000, 0x28000, 0, 3);
  t.object("", 0x70000, 0x71000, layout::kObjectVdso);
  for (uint64_t i = 0; i < 40; i++) {
    std::vector<uint64_t> pcs;
    for (uint64_t k = 0; k < i % 17; k++) pcs.push_back(0x1000 + 0x1234 * k + i);
    const uint32_t mode = i % 4;
    const layout::Ref s =
        t.sample(t.stack(pcs, i % 4, static_cast<uint32_t>(i % 5)), {1.5, 100.25}, mode,
                 i % 3 ? t.label_set({{"thread", "worker"}, {"tid", "", 5, "id"}}) : 0,
                 mode == 1 ? t.text("lock") : i);
    t.live(0x5000 + i * 32, i * 100, s);
    t.live_in(t.header().references, 0x5000 + i, mode, s);
    t.at<layout::DescriptorSegment>(segment).word[i] = uint64_t{1} << 32 | s;
  }
  return t;
}

// Exactly as long as asked, so that ASan sees a byte too many.
Encoded encoded_exactly(const void* tables, size_t size, unsigned mode) {
  const std::unique_ptr<char[]> copy(new char[size]);  // aligned to 16
  std::memcpy(copy.get(), tables, size);
  return encoded(copy.get(), size, mode, kArena);
}

void check(const Encoded& e) {
  if (!e.ok) {
    REQUIRE(e.result.error != nullptr);
    return;
  }
  REQUIRE(e.memory <= kArena);
  REQUIRE(pprof_rules::broken_structure(parsed(e.file)) == pprof_rules::Broken{});
}

void mutate(uint64_t* words, size_t used, std::mt19937& random) {
  auto* bytes = reinterpret_cast<uint8_t*>(words);
  const auto below = [&](size_t n) { return random() % n; };
  for (size_t n = 1 + below(30); n > 0; n--) {
    uint32_t* word = reinterpret_cast<uint32_t*>(bytes + below(used / 4) * 4);
    switch (below(6)) {
      case 0:
        *word = static_cast<uint32_t>(below(kSize / 8));
        break;  // another entry
      case 1:
        *word = static_cast<uint32_t>(below(200));
        break;
      case 2:
        *word = UINT32_MAX - static_cast<uint32_t>(below(4));
        break;
      case 3:
        *word ^= 1u << below(32);
        break;
      case 4:
        words[below(used / 8)] = random() * uint64_t{0x9e3779b97f4a7c15};
        break;
      default:
        bytes[below(used)] = static_cast<uint8_t>(random());
    }
  }
}

}  // namespace

TEST_CASE("mutated tables never crash the encoder", "[encoder]") {
  const FakeTables whole = rich_tables();
  const auto started = std::chrono::steady_clock::now();
  int files = 0;
  for (unsigned seed = 0; seed < 4000; seed++) {
    std::mt19937 random(seed);
    FakeTables t = whole;
    mutate(static_cast<uint64_t*>(const_cast<void*>(t.data())), t.header().used, random);
    const Encoded e = encoded_exactly(t.data(), t.size_bytes(), seed % 5);
    check(e);
    files += e.ok;
  }
  CHECK(files > 500);  // else the mutations tell nothing
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(120));
}

TEST_CASE("truncated tables give what is left of them", "[encoder]") {
  const FakeTables whole = rich_tables();
  for (size_t size = 0; size < kSize; size += 37) check(encoded_exactly(whole.data(), size, 0));
}

TEST_CASE("noise behind a good header is no profile but no harm", "[encoder]") {
  for (unsigned seed = 0; seed < 200; seed++) {
    FakeTables t = rich_tables();
    std::mt19937 random(seed);
    auto* words = static_cast<uint64_t*>(const_cast<void*>(t.data()));
    for (size_t i = sizeof(layout::Header) / 8 + 1; i < kSize / 8; i++)
      words[i] = seed % 2 ? random() : random() % (kSize / 8) * 0x100000001;
    check(encoded_exactly(t.data(), t.size_bytes(), seed % 4));
  }
}

TEST_CASE("chains that all lead into one circle end soon and are counted", "[encoder]") {
  FakeTables t(1 << 20);
  t.cpu();
  const layout::Ref stack = t.stack(std::vector<uint64_t>(layout::kMaxDepth, 0x1000));
  layout::Ref last = 0;
  layout::Ref first = 0;
  for (int i = 0; i < 5000; i++) {
    last = t.sample(stack, {1, 1});
    if (first == 0) first = last;
    t.at<layout::Sample>(last).next = last - sizeof(layout::Sample) / 8;
  }
  t.at<layout::Sample>(first).next = last;
  for (uint32_t i = 0; i < 2 * layout::kHeadsPerSegment; i++) t.head(t.header().samples, i) = last;
  const auto started = std::chrono::steady_clock::now();
  const Encoded e = encoded(t.data(), t.size_bytes(), 0, kArena);
  check(e);
  CHECK(e.result.skipped > 0);
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(20));
}

TEST_CASE("a whole row of damage leaves the good rows as they were", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.object("/lib/upside-down.so", 0x3000, 0x2000);
  t.sample(t.stack({0x1001}), {1, 10});
  t.sample(UINT32_MAX, {1, 10});
  t.sample(0, {1, 10});
  t.live(77, 1, UINT32_MAX);
  const layout::Ref deep = t.stack({0x1001});
  t.at<layout::Stack>(deep).depth = UINT16_MAX;
  t.sample(deep, {1, 10});
  t.sample(t.stack({0x1002}), {2, 20}, 0, UINT32_MAX);
  const Decoded d(t);
  CHECK(d.values("1001") == std::vector<int64_t>{1, 10});
  CHECK(d.values("1002") == std::vector<int64_t>{2, 20});
  CHECK(d.result.skipped == 5);
  CHECK(d.comment("damaged table entries skipped") == "5");
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}
