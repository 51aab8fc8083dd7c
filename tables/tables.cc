#include "tables/tables.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "env/sys/arch.h"
#include "tables/chains.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace tables {

using layout::AtomicRef;
using layout::Header;
using layout::Ref;

char* base = nullptr;
constinit Bounds bounds{};
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

bool commit(uint64_t end) {
  uint64_t have = bounds.committed.load(std::memory_order_acquire);
  while (have < end) {
    uint64_t want = (end + kCommitStep - 1) / kCommitStep * kCommitStep;
    if (want > bounds.size) want = bounds.size;
    // Several threads may do this at once; populating is idempotent.
    if (!populate(base + have, base + want)) return false;
    // The copy first, and never less than before: a reader finds no entry beyond it.
    shared_word::change(
        header().committed, [want](uint64_t now) { return now < want ? want : now; },
        std::memory_order_release);
    if (bounds.committed.compare_exchange_weak(have, want, std::memory_order_acq_rel)) return true;
  }
  return true;
}

// A chain head for each KiB of memory, as many as the segments can hold.
uint32_t buckets_for(uint64_t size) {
  uint32_t buckets = layout::kHeadsPerSegment;
  while (buckets < layout::kHeadsPerSegment * layout::kMaxSegments && buckets * 1024ull < size) {
    buckets *= 2;
  }
  return buckets;
}

AtomicRef& segment_of(layout::HashHeads& heads, uint32_t bucket) {
  return heads.segments[bucket / layout::kHeadsPerSegment % layout::kMaxSegments];
}

// Null, and counted, where the reference is damaged.
AtomicRef* in_segment(Ref segment, uint32_t bucket) {
  auto* chains = at<AtomicRef>(segment, layout::kHeadsPerSegment * sizeof(AtomicRef));
  if (UNLIKELY(chains == nullptr)) {
    count(layout::kDamaged);
    return nullptr;
  }
  return chains + bucket % layout::kHeadsPerSegment;
}

uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  x ^= x >> 32;
  return x;
}

}  // namespace

void open(char* mapping, uint64_t size, uint64_t touchable, int pid) {
  Header& h = *reinterpret_cast<Header*>(mapping);
  const uint64_t used = (sizeof(Header) + layout::kRefUnit - 1) & ~(layout::kRefUnit - 1);
  bounds.size = h.limit = size;
  bounds.used.store(used, std::memory_order_relaxed);
  h.used.store(used, std::memory_order_relaxed);
  bounds.committed.store(touchable, std::memory_order_relaxed);
  h.committed.store(touchable, std::memory_order_relaxed);
  bounds.buckets = buckets_for(size);
  bounds.pid = h.pid = pid;
  bounds.notes[0] = bounds.notes[1] = 0;
  base = mapping;
}

bool populate(char* begin, char* end) {
  const long result = arch::syscall(SYS_madvise, begin, end - begin, MADV_POPULATE_WRITE);
  if (result == 0) return true;
  return result == -EINVAL && populate_by_futex(begin, end);
}

uint64_t hash_bytes(std::string_view bytes) {
  uint64_t h = bytes.size() + 1;
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t word = 0;
    __builtin_memcpy(&word, bytes.data() + i, bytes.size() - i < 8 ? bytes.size() - i : 8);
    h = mix(h ^ word) * 0x9e3779b97f4a7c15u;
  }
  return h;
}

uint32_t hash_words(const uint64_t* words, size_t count, uint64_t seed) {
  // Two lanes, so that one product does not wait for the other.
  uint64_t even = seed + count, odd = count;
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    even = folded(words[i] ^ even, words[i + 1] ^ kHashFactor);
    odd = folded(words[i + 2] ^ odd, words[i + 3] ^ kHashFactor);
  }
  for (; i < count; i++) even = folded(words[i] ^ even, kHashFactor);
  return static_cast<uint32_t>(mix(even ^ odd) >> 32);
}

Ref allocate(size_t bytes) {
  if (!is_open()) return 0;
  const uint64_t size = (bytes + layout::kRefUnit - 1) / layout::kRefUnit * layout::kRefUnit;
  uint64_t at = bounds.used.load(std::memory_order_relaxed);
  do {
    const uint64_t end = at + size;
    // The acquire pairs with commit's release: pages below `committed` can be touched. Room is made
    // before it is claimed, so that a failure leaves no hole and no claim to give back.
    if (end > bounds.size ||
        (end > bounds.committed.load(std::memory_order_acquire) && !commit(end))) {
      count(layout::kMemoryFull);
      return 0;
    }
  } while (!bounds.used.compare_exchange_weak(at, at + size, std::memory_order_relaxed));
  // A figure for the comments: of two threads that store it at once, the later may store less.
  header().used.store(at + size, std::memory_order_relaxed);
  return static_cast<Ref>(at / layout::kRefUnit);
}

AtomicRef* head(layout::HashHeads& heads, uint32_t hash, uint32_t buckets) {
  const uint32_t bucket = hash & (buckets - 1);
  AtomicRef& segment = segment_of(heads, bucket);
  Ref ref = segment.load(std::memory_order_acquire);
  if (UNLIKELY(ref == 0)) {
    const Ref fresh = allocate(layout::kHeadsPerSegment * sizeof(AtomicRef));
    if (fresh == 0) return nullptr;
    // Release: pairs with the acquire above; the loser's segment is lost, which is rare and
    // bounded.
    if (segment.compare_exchange_strong(ref, fresh, std::memory_order_acq_rel)) ref = fresh;
  }
  return in_segment(ref, bucket);
}

AtomicRef* head_if_there(layout::HashHeads& heads, uint32_t hash, uint32_t buckets) {
  const uint32_t bucket = hash & (buckets - 1);
  const Ref segment = segment_of(heads, bucket).load(std::memory_order_acquire);
  return segment == 0 ? nullptr : in_segment(segment, bucket);
}

void tell_note(std::string_view bytes) {
  Ref& room = bounds.notes[bounds.notes_told % 2];
  if (room == 0) room = allocate(offsetof(layout::Text, bytes) + kLongestNote);
  if (room == 0) return;
  auto& text = *made<layout::Text>(room);
  const size_t size = bytes.size() < kLongestNote ? bytes.size() : kLongestNote;
  __builtin_memcpy(text.bytes, bytes.data(), size);
  text.length = static_cast<uint32_t>(size);
  header().note.store(room, std::memory_order_release);  // pairs with the encoder
  bounds.notes_told++;
}

std::string_view text_at(Ref ref) {
  const auto* text = at<layout::Text>(ref, offsetof(layout::Text, bytes));
  if (text == nullptr) return {};
  // Once: it may change behind the check.
  const uint32_t length = __atomic_load_n(&text->length, __ATOMIC_RELAXED);
  if (!holds(ref, offsetof(layout::Text, bytes) + uint64_t{length})) return {};
  return {text->bytes, length};
}

Ref text(std::string_view bytes) {
  if (!is_open()) return 0;
  return intern<layout::Text>(
      header().texts, static_cast<uint32_t>(hash_bytes(bytes) >> 32), layout::kHeadsPerSegment,
      offsetof(layout::Text, bytes) + bytes.size(),
      [&](const layout::Text& t) {
        return t.length == bytes.size() &&
               __builtin_memcmp(t.bytes, bytes.data(), bytes.size()) == 0;
      },
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
      header().label_sets, static_cast<uint32_t>(hash_bytes(bytes) >> 32), layout::kHeadsPerSegment,
      offsetof(layout::LabelSet, labels) + size,
      [&](const layout::LabelSet& s) {
        return s.count == label_count && __builtin_memcmp(s.labels, labels, size) == 0;
      },
      [&](layout::LabelSet& s) {
        s.count = label_count;
        __builtin_memcpy(s.labels, labels, size);
      });
}

}  // namespace tables
