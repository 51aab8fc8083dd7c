// Memory for one encoding: a bump allocator over blocks that the caller gives.
//
// Nothing is freed singly; the caller drops its blocks when the encoding is over. In the host the
// blocks come from mmap, so that a dump never enters the host's allocator.
// Not thread-safe: one arena serves one encoding.
#pragma once

#include <cstddef>
#include <cstdint>

namespace encoder {

struct BlockSource {
  // A block of `size_bytes`, aligned to 16, or nullptr when there is none.
  void* (*more)(void* context, size_t size_bytes);
  void* context;
};

class Arena {
 public:
  // No more than `limit_bytes` are ever asked of the source.
  Arena(BlockSource source, size_t limit_bytes) : source_(source), limit_(limit_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Aligned to 16, not initialised; nullptr when limit or source are at their end.
  void* allocate(size_t size_bytes) {
    if (size_bytes > limit_) return nullptr;  // also keeps the rounding below from wrapping
    const size_t size = (size_bytes + 15) & ~size_t{15};
    if (size <= left_) return cut(size);
    // What does not fit and is large gets its own block, so that the rest of this one is not lost.
    if (size >= next_block_ / 4) return take(size);
    size_t block_size = next_block_;
    if (block_size > room_bytes()) block_size = room_bytes() & ~size_t{15};
    if (block_size < size) return nullptr;
    char* block = take(block_size);
    if (block == nullptr) return take(size);
    next_ = block;
    left_ = block_size;
    if (next_block_ < kLargestBlock) next_block_ *= 2;
    return cut(size);
  }

  template <typename T>
  T* array(size_t count) {
    static_assert(alignof(T) <= 16);
    if (count > limit_ / sizeof(T)) return nullptr;
    return static_cast<T*>(allocate(count * sizeof(T)));
  }

  // Keeps the last bytes for later, so that what grows with the tables leaves room for the ending.
  void hold_back(size_t size_bytes) {
    held_back_ = size_bytes < limit_ ? size_bytes : limit_;
    limit_ -= held_back_;
  }
  void give_back() {
    limit_ += held_back_;
    held_back_ = 0;
  }

  size_t taken_bytes() const { return taken_; }
  // That may still be asked of the source.
  size_t room_bytes() const { return limit_ > taken_ ? limit_ - taken_ : 0; }

 private:
  static constexpr size_t kFirstBlock = size_t{64} << 10;
  static constexpr size_t kLargestBlock = size_t{1} << 20;

  char* take(size_t size) {
    if (size > room_bytes()) return nullptr;
    char* block = static_cast<char*>(source_.more(source_.context, size));
    if (block != nullptr) taken_ += size;
    return block;
  }

  void* cut(size_t size) {
    char* piece = next_;
    next_ += size;
    left_ -= size;
    return piece;
  }

  BlockSource source_;
  size_t limit_;
  size_t held_back_ = 0;
  size_t taken_ = 0;
  size_t next_block_ = kFirstBlock;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace encoder
