#include "env/safe/tables.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "env/safe/arch.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace tables {

using layout::AtomicRef;
using layout::Header;
using layout::Ref;

char* base = nullptr;
constinit std::atomic<uint32_t> never{0};
std::atomic<uint32_t>* alive = &never;

namespace {

constexpr uint64_t kPage = 4096;
// How far ahead memory is made touchable: one system call for some 200 new stacks.
constexpr uint64_t kCommitStep = 64 * 1024;

// Before Linux 5.14: an atomic "add 0" to each page by the kernel, which answers EFAULT where a
// touch would raise SIGBUS, and changes nothing that another thread may already have put there.
bool populate_by_futex(char* begin, char* end) {
  constexpr int kAddNothing = FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0);
  for (char* page = begin; page < end; page += kPage) {
    const long result = arch::syscall(SYS_futex, page, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0L, 0L,
                                      page, kAddNothing);
    if (result < 0) return false;
  }
  return true;
}

bool commit(Header& h, uint64_t end) {
  uint64_t have = h.committed.load(std::memory_order_acquire);
  while (have < end) {
    uint64_t want = (end + kCommitStep - 1) / kCommitStep * kCommitStep;
    if (want > h.limit) want = h.limit;
    // Several threads may do this at once; populating is idempotent.
    if (!populate(base + have, base + want)) return false;
    if (h.committed.compare_exchange_weak(have, want, std::memory_order_acq_rel)) return true;
  }
  return true;
}

uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  return x;
}

uint32_t hash_bytes(std::string_view bytes) {
  uint64_t h = bytes.size() + 1;
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t word = 0;
    __builtin_memcpy(&word, bytes.data() + i, bytes.size() - i < 8 ? bytes.size() - i : 8);
    h = mix(h ^ word) * 0x9e3779b97f4a7c15u;
  }
  return static_cast<uint32_t>(h >> 32);
}

}  // namespace

bool populate(char* begin, char* end) {
  const long result = arch::syscall(SYS_madvise, begin, end - begin, MADV_POPULATE_WRITE);
  if (result == 0) return true;
  return result == -EINVAL && populate_by_futex(begin, end);
}

uint32_t hash_words(const uint64_t* words, size_t count, uint64_t seed) {
  uint64_t h = seed + count;
  for (size_t i = 0; i < count; i++) {
    h = (h ^ words[i]) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  return static_cast<uint32_t>(mix(h) >> 32);
}

Ref allocate(size_t bytes) {
  if (!is_open()) return 0;
  Header& h = header();
  const uint64_t size = (bytes + layout::kRefUnit - 1) / layout::kRefUnit * layout::kRefUnit;
  uint64_t at = h.used.load(std::memory_order_relaxed);
  do {
    const uint64_t end = at + size;
    // The acquire pairs with commit's release: pages below h.committed can be touched. Room is made
    // before it is claimed, so that a failure leaves no hole and no claim to give back.
    if (end > h.limit || (end > h.committed.load(std::memory_order_acquire) && !commit(h, end))) {
      count(layout::kMemoryFull);
      return 0;
    }
  } while (!h.used.compare_exchange_weak(at, at + size, std::memory_order_relaxed));
  return static_cast<Ref>(at / layout::kRefUnit);
}

AtomicRef* head(layout::HashHeads& heads, uint32_t hash, uint32_t buckets) {
  const uint32_t bucket = hash & (buckets - 1);
  AtomicRef& segment = heads.segments[bucket / layout::kHeadsPerSegment];
  Ref ref = segment.load(std::memory_order_acquire);
  if (UNLIKELY(ref == 0)) {
    const Ref fresh = allocate(layout::kHeadsPerSegment * sizeof(AtomicRef));
    if (fresh == 0) return nullptr;
    // Release: pairs with the acquire above; the loser's segment is lost, which is rare and
    // bounded.
    if (segment.compare_exchange_strong(ref, fresh, std::memory_order_acq_rel)) ref = fresh;
  }
  return at<AtomicRef>(ref) + bucket % layout::kHeadsPerSegment;
}

Ref text(std::string_view bytes) {
  if (!is_open()) return 0;
  return intern<layout::Text>(
      header().texts, hash_bytes(bytes), offsetof(layout::Text, bytes) + bytes.size(),
      [&](const layout::Text& t) { return std::string_view(t.bytes, t.length) == bytes; },
      [&](layout::Text& t) {
        t.length = static_cast<uint32_t>(bytes.size());
        __builtin_memcpy(t.bytes, bytes.data(), bytes.size());
      });
}

Ref label_set(const layout::Label* labels, uint32_t label_count) {
  if (!is_open() || label_count == 0) return 0;
  const size_t size = label_count * sizeof(layout::Label);
  const std::string_view bytes(reinterpret_cast<const char*>(labels), size);
  return intern<layout::LabelSet>(
      header().label_sets, hash_bytes(bytes), offsetof(layout::LabelSet, labels) + size,
      [&](const layout::LabelSet& s) {
        return s.count == label_count && __builtin_memcmp(s.labels, labels, size) == 0;
      },
      [&](layout::LabelSet& s) {
        s.count = label_count;
        __builtin_memcpy(s.labels, labels, size);
      });
}

}  // namespace tables
