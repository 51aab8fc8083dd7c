// Tables of a test's own, opened as preload/recorder/tables_setup.cc does.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "tables/chains.h"

class OpenTables {
 public:
  static constexpr size_t kFirstStep = 64 * 1024;

  // `descriptor`: a file to map instead of anonymous memory.
  explicit OpenTables(size_t limit_bytes = size_t{8} << 20, int descriptor = -1)
      : size_(limit_bytes) {
    const int flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, flags, descriptor, 0);
    char* base = static_cast<char*>(memory);
    if (memory == MAP_FAILED || !tables::populate(base, base + kFirstStep)) abort();
    static std::atomic<uint32_t> alive{1};
    tables::alive = &alive;
    tables::open(base, size_, kFirstStep, getpid());
    tables::bounds.buckets = layout::kHeadsPerSegment;
    layout::Header& h = tables::header();
    h.mode_count = 1;
    h.program = tables::text("/proc/self/exe");
  }
  ~OpenTables() {
    munmap(tables::base, size_);
    tables::base = nullptr;
  }
  OpenTables(const OpenTables&) = delete;
  OpenTables& operator=(const OpenTables&) = delete;

  // Calls visit(entry) for every published entry of a table.
  template <typename T, typename Visit>
  static void for_each(layout::HashHeads& heads, Visit visit) {
    for (const layout::AtomicRef& segment : heads.segments) {
      if (segment == 0) continue;
      const auto* chains = tables::made<layout::AtomicRef>(segment);
      for (unsigned i = 0; i < layout::kHeadsPerSegment; i++) {
        for (layout::Ref r = chains[i]; r != 0; r = tables::made<T>(r)->next)
          visit(*tables::made<T>(r));
      }
    }
  }

  // Hands out all that is left.
  static void fill_up() {
    while (tables::allocate(8) != 0) {
    }
  }

 private:
  size_t size_;
};
