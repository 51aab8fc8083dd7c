#include "collectors/unwind/executable_memory.h"

#include <algorithm>
#include <atomic>

namespace executable_memory {

namespace {

// One bit for each page of 4 KiB, 4 GiB before they repeat: 128 KiB that are never touched in most
// programs. Relaxed: a thread that executes in a page got its address from the thread that made it.
constexpr unsigned kPageShift = 12;
constexpr uint64_t kPages = uint64_t{1} << 20;
constinit std::atomic<uint64_t> marks[kPages / 64]{};

}  // namespace

void made(uint64_t start, uint64_t size) {
  if (size == 0) return;
  const uint64_t first = start >> kPageShift;
  const uint64_t count = std::min(((start + size - 1) >> kPageShift) - first + 1, kPages);
  for (uint64_t page = first; page < first + count;) {
    const uint64_t bit = page % 64;
    const uint64_t here = std::min(64 - bit, first + count - page);
    const uint64_t mask = (here == 64 ? ~uint64_t{0} : (uint64_t{1} << here) - 1) << bit;
    std::atomic<uint64_t>& word = marks[page % kPages / 64];
    // Writes only a change: JITs switch the same pages again and again.
    if ((word.load(std::memory_order_relaxed) & mask) != mask) {
      word.fetch_or(mask, std::memory_order_relaxed);
    }
    page += here;
  }
}

bool holds(uint64_t address) {
  const uint64_t page = address >> kPageShift;
  return (marks[page % kPages / 64].load(std::memory_order_relaxed) >> page % 64 & 1) != 0;
}

}  // namespace executable_memory
