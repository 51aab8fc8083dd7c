// The mapping that holds the tables, as the host writes it: memory by offset, interned texts.
// What the entries are is tables/layout.h; where the mapping comes from is tables/spool.h.
//
// All functions here are lock-free and may be called in a signal handler that interrupted one of
// them. Until the tables are open every allocation fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

// Found by its distance, not through the GOT: no code outside the library can name it.
#pragma GCC visibility push(hidden)
namespace tables {

// Start of the mapping; null until opened. Changes only in a forked child, before it records.
extern char* base;

// 1 while this process records; on a page that the kernel wipes in every child that gets a copy of
// this memory, also in those made without libc's fork: they never write into their parent's tables.
extern std::atomic<uint32_t>* alive;

inline bool is_open() {
  return base != nullptr && alive->load(std::memory_order_relaxed) != 0;
}
inline layout::Header& header() {
  return *reinterpret_cast<layout::Header*>(base);
}

// What bounds the mapping, in memory of the process's own: another process with the file may write
// to all of the mapping. The header has copies, for readers alone.
struct Bounds {
  uint64_t size;                    // of the mapping
  std::atomic<uint64_t> used;       // bytes handed out, at most `size`
  std::atomic<uint64_t> committed;  // bytes that can be touched without a fault
  uint32_t buckets;                 // of each table but those of texts and sets of labels
  int pid;                          // whose tables they are
  layout::Ref notes[2];             // rooms for Header::note, used in turn
  unsigned notes_told;
};
extern Bounds bounds;

// From here on the tables are at `mapping`, of which `touchable` bytes can be touched. Context:
// start; forked child.
void open(char* mapping, uint64_t size, uint64_t touchable, int pid);

// Whether `bytes` behind a reference lie within the tables. What was published behind the
// reference's being so stays so: `committed` only grows.
inline bool holds(layout::Ref ref, uint64_t bytes) SIGNAL_SAFE {
  const uint64_t offset = ref * layout::kRefUnit;
  return offset >= sizeof(layout::Header) &&
         offset + bytes <= bounds.committed.load(std::memory_order_relaxed);
}

// What a reference that was read from the tables leads to; null if that does not lie within them.
template <typename T>
inline T* at(layout::Ref ref, uint64_t bytes = sizeof(T)) SIGNAL_SAFE {
  return holds(ref, bytes) ? reinterpret_cast<T*>(base + ref * layout::kRefUnit) : nullptr;
}

// The same of a reference that allocate() gave, or `at` has checked, and that has not been in the
// tables since.
template <typename T>
inline T* made(layout::Ref ref) SIGNAL_SAFE {
  return reinterpret_cast<T*>(base + ref * layout::kRefUnit);
}

// Makes [begin, end) of the mapping touchable, or returns false: never a SIGBUS later, whatever the
// file system below runs out of. Offsets in bytes. Context: any.
bool populate(char* begin, char* end) SIGNAL_SAFE;

// Zeroed memory of `bytes` in the tables, aligned to 8; 0 when PROFILER_MEMORY is used up
// (counted). Context: any.
layout::Ref allocate(size_t bytes) SIGNAL_SAFE;

// The interned text, or 0 without room. Context: any.
layout::Ref text(std::string_view bytes) SIGNAL_SAFE;

// Header::note. It takes no memory but for two rooms, however often it changes: a reader of the
// last one has until the next but one. Context: cold; one thread at a time.
constexpr size_t kLongestNote = 8192;
void tell_note(std::string_view bytes);

// The bytes of a text that may change below the reader; empty where the reference leads outside.
// Context: any.
std::string_view text_at(layout::Ref ref) SIGNAL_SAFE;

// How many of Header::modes are in use, whatever the header says. Context: any.
inline uint32_t mode_count() SIGNAL_SAFE {
  const uint32_t modes = std::atomic_ref(header().mode_count).load(std::memory_order_acquire);
  return modes < layout::kMaxModes ? modes : layout::kMaxModes;
}

// The interned set of `count` labels, or 0 without room. Context: any.
layout::Ref label_set(const layout::Label* labels, uint32_t count) SIGNAL_SAFE;

inline void count(layout::Counter counter, uint64_t n = 1) {
  // Relaxed: read for the comments only.
  if (is_open()) header().counters[counter].fetch_add(n, std::memory_order_relaxed);
}

// A mix of all bytes. Context: any.
uint64_t hash_bytes(std::string_view bytes) SIGNAL_SAFE;

// Both halves of the product: each of its bits depends on most bits of both factors.
inline uint64_t folded(uint64_t a, uint64_t b) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// 32 bits of a 64-bit mix. Context: any.
constexpr uint64_t kHashFactor = 0x9e3779b97f4a7c15u;
uint32_t hash_words(const uint64_t* words, size_t count, uint64_t seed) SIGNAL_SAFE;
inline uint32_t hash_word(uint64_t word, uint64_t seed = 0) {
  return static_cast<uint32_t>(folded(word ^ (seed << 56), kHashFactor) >> 20);
}

}  // namespace tables
#pragma GCC visibility pop
