// Growing containers over the arena. Elements never move, so growing wastes no copies.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "encoder/wire/arena.h"

namespace encoder {

constexpr uint32_t kNone = UINT32_MAX;

// Elements in chunks of doubling size: an index is found without a search.
template <typename T>
class ArenaArray {
  static_assert(std::is_trivially_copyable_v<T>);  // elements are never constructed nor destroyed

 public:
  explicit ArenaArray(Arena& arena) : arena_(arena) {}

  T& operator[](uint32_t i) { return chunks_[chunk_of(i)][i - first_of(chunk_of(i))]; }
  const T& operator[](uint32_t i) const { return chunks_[chunk_of(i)][i - first_of(chunk_of(i))]; }
  uint32_t size() const { return size_; }

  // The index of the new element, or kNone without memory.
  uint32_t push(const T& element) {
    const unsigned chunk = chunk_of(size_);
    if (chunk >= kMaxChunks) return kNone;
    if (size_ == first_of(chunk) && chunks_[chunk] == nullptr)
      chunks_[chunk] = arena_.array<T>(size_t{kFirst} << chunk);
    if (chunks_[chunk] == nullptr) return kNone;
    chunks_[chunk][size_ - first_of(chunk)] = element;
    return size_++;
  }

 private:
  static constexpr uint32_t kFirst = 256;
  static constexpr unsigned kMaxChunks = 22;
  static unsigned chunk_of(uint32_t i) { return std::bit_width(i / kFirst + 1) - 1; }
  static uint32_t first_of(unsigned chunk) { return kFirst * ((1u << chunk) - 1); }

  Arena& arena_;
  T* chunks_[kMaxChunks] = {};
  uint32_t size_ = 0;
};

__extension__ using Wide = unsigned __int128;

// A 64-bit mix by one wide multiplication.
inline uint64_t mixed(uint64_t a, uint64_t b) {
  const Wide wide = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd6e8feb86659fd93);
  return static_cast<uint64_t>(wide) ^ static_cast<uint64_t>(wide >> 64);
}

// A hash set whose elements have an index in the order of their adding. Element needs
// `uint64_t hash(uint64_t seed) const` and `bool same(const Element&) const`. The seed is an
// address of this run, so that hostile tables cannot be made to collide; no order ever depends on
// it.
template <typename Element>
class ArenaSet {
 public:
  explicit ArenaSet(Arena& arena) : arena_(arena), nodes_(arena) {}

  uint32_t size() const { return nodes_.size(); }
  Element& operator[](uint32_t i) { return nodes_[i].element; }
  const Element& operator[](uint32_t i) const { return nodes_[i].element; }

  uint32_t find(const Element& element) const {
    if (heads_ == nullptr) return kNone;
    for (uint32_t i = heads_[bucket(element)]; i != kNone; i = nodes_[i].next)
      if (nodes_[i].element.same(element)) return i;
    return kNone;
  }

  // For an element that find() did not find. kNone without memory.
  uint32_t add(const Element& element) {
    if (size() >= bucket_count_) grow();
    if (heads_ == nullptr) return kNone;
    const uint64_t b = bucket(element);
    const uint32_t i = nodes_.push(Node{element, heads_[b]});
    if (i != kNone) heads_[b] = i;
    return i;
  }

 private:
  struct Node {
    Element element;
    uint32_t next;
  };

  uint64_t seed() const { return reinterpret_cast<uintptr_t>(this) >> 4; }
  uint64_t bucket(const Element& e) const { return e.hash(seed()) & (bucket_count_ - 1); }

  // Without memory the old heads stay: slower, still right.
  void grow() {
    const uint64_t count = bucket_count_ == 0 ? 512 : bucket_count_ * 4;
    uint32_t* heads = arena_.array<uint32_t>(count);
    if (heads == nullptr) return;
    std::memset(heads, 0xff, count * sizeof(uint32_t));
    heads_ = heads;
    bucket_count_ = count;
    for (uint32_t i = 0; i < nodes_.size(); i++) {
      const uint64_t b = bucket(nodes_[i].element);
      nodes_[i].next = heads_[b];
      heads_[b] = i;
    }
  }

  Arena& arena_;
  ArenaArray<Node> nodes_;
  uint32_t* heads_ = nullptr;
  uint64_t bucket_count_ = 0;
};

}  // namespace encoder
