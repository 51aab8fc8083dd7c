#include "collectors/counts/sample_table.h"

#include "env/sys/clock.h"
#include "tables/chains.h"

namespace sample_table {

// All adds are relaxed: values are sums, read by an encoder that orders them with nothing.

void lose(uint32_t mode, const double* values, uint32_t count) {
  if (!tables::is_open()) return;
  layout::ModeEntry& entry = tables::header().modes[mode];
  entry.lost.fetch_add(1, std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; i++) {
    shared_word::add(entry.lost_value[i], values[i]);
  }
}

layout::Ref row(const SampleKey& key) {
  if (!tables::is_open() || key.stack == 0) return 0;
  const uint64_t words[3] = {uint64_t{key.mode} << 32 | key.stack, key.labels, key.detail};
  return tables::intern<layout::Sample>(
      tables::header().samples, tables::hash_words(words, 3, 0), tables::bounds.buckets,
      sizeof(layout::Sample),
      [&](const layout::Sample& s) {
        return s.stack == key.stack && s.mode == key.mode && s.labels == key.labels &&
               s.detail == key.detail;
      },
      [&](layout::Sample& s) {
        s.stack = key.stack;
        s.labels = key.labels;
        s.detail = key.detail;
        s.mode = key.mode;
      });
}

layout::Ref add(const SampleKey& key, const double* values, uint32_t count) {
  if (!tables::is_open()) return 0;
  const layout::Ref ref = row(key);
  if (ref == 0) {
    lose(key.mode, values, count);
    return 0;
  }
  layout::Sample& sample = *tables::made<layout::Sample>(ref);
  for (uint32_t i = 0; i < count; i++) {
    shared_word::add(sample.value[i], values[i]);
  }
  const uint64_t before =
      tables::header().modes[key.mode].samples.fetch_add(1, std::memory_order_relaxed);
  // The clock is 13 ns, of the 700 that a sample takes.
  if (before < 8 || before % 8 == 0) {
    tables::header().last_sample_ns.store(clock_source::coarse_monotonic_ns(),
                                          std::memory_order_relaxed);
  }
  return ref;
}

void take_back(uint32_t mode, uint64_t detail_bits) {
  if (!tables::is_open()) return;
  tables::each<layout::Sample>(tables::header().samples, [=](layout::Sample& sample) {
    if (sample.mode != mode || (sample.detail & detail_bits) == 0) return;
    for (auto& value : sample.value) value.store(0, std::memory_order_relaxed);
  });
}

}  // namespace sample_table
