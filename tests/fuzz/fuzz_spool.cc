// What `profiler recover` reads: a file of tables, changed word by word and cut short.
#include <cstring>
#include <string>
#include <vector>

#include "encoder/encode.h"
#include "program/recovery/spool_file.h"
#include "tests/fuzz/harnesses.h"
#include "tests/fuzz/temporary_file.h"
#include "tests/unit/encoder/fake_tables.h"

namespace fuzz {

namespace {

constexpr size_t kSize = size_t{64} << 10;
constexpr size_t kArena = size_t{2} << 20;

// Some of everything, of a process that cannot be.
FakeTables tables() {
  FakeTables t(kSize);
  t.heap(4096);
  t.cpu();
  t.header().pid = INT32_MAX;
  t.header().user_labels = t.label_set({{"service", "shop"}, {"n", "", 3, "x"}});
  t.object("/usr/bin/app", 0x1000, 0x9000, layout::kObjectMain);
  t.object("/lib/two.so", 0x18000, 0x28000, 0, 3);
  for (uint64_t i = 0; i < 8; i++) {
    std::vector<uint64_t> pcs;
    for (uint64_t k = 0; k <= i; k++) pcs.push_back(0x1000 + 0x1234 * k + i);
    const layout::Ref sample =
        t.sample(t.stack(pcs, 0, static_cast<uint32_t>(i % 4)), {1.5, 100.25}, i % 2,
                 i % 3 ? t.label_set({{"thread", "worker"}}) : 0, i);
    t.live(0x5000 + i * 32, i * 100, sample);
  }
  return t;
}

struct Blocks {
  std::vector<std::vector<char>> all;
  static void* more(void* self, size_t size) {
    auto& blocks = static_cast<Blocks*>(self)->all;
    blocks.emplace_back(size + 16);
    const auto at = reinterpret_cast<uintptr_t>(blocks.back().data());
    return reinterpret_cast<void*>((at + 15) & ~uintptr_t{15});
  }
};

void encode_all(const program::SpoolFile& spool) {
  for (unsigned mode = 0; mode < 3; mode++) {
    encoder::EncodeInput input;
    input.view = spool.view();
    input.mode_index = mode;
    Blocks blocks;
    encoder::Arena arena({Blocks::more, &blocks}, kArena);
    encoder::Result result;
    const auto drop = [](void*, const void*, size_t) { return true; };
    const bool encoded = encode(input, arena, {drop, nullptr}, &result);
    require(encoded == (result.error == nullptr), "a file, or a sentence");
    require(arena.taken_bytes() <= kArena, "no more memory than it was given");
  }
  const layout::Header& header = spool.view().header();
  for (const layout::Ref ref : {header.start_directory, header.program_name}) {
    require(spool.text(ref).size() <= kSize, "a text lies within the tables");
  }
}

}  // namespace

// Each 6 bytes of the input are a word's place and its new value. A remainder, if any, is where the
// file ends, in units of 32 bytes.
void spool(const uint8_t* data, size_t size) {
  FakeTables t = tables();
  auto* bytes = static_cast<char*>(const_cast<void*>(t.data()));
  for (; size >= 6; data += 6, size -= 6) {
    uint16_t place = 0;
    memcpy(&place, data, 2);
    memcpy(bytes + place % (kSize / 4) * 4, data + 2, 4);
  }
  size_t length = kSize;
  if (size >= 2) length = (size_t{data[0]} | size_t{data[1]} << 8) % (kSize / 32) * 32;
  static const TemporaryFile file;
  file.fill(bytes, length);
  program::SpoolFile spool;
  std::string problem;
  const auto found = spool.open(file.path(), &problem);
  const bool left = found == program::SpoolFile::Found::kLeft;
  require(left == problem.empty(), "good, or a sentence");
  if (left) encode_all(spool);
}

}  // namespace fuzz
