// What is fuzzed: each harness takes bytes, judges what it gets and aborts where that is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace fuzz {

// .eh_frame_hdr and .eh_frame out of the bytes, read as the walk reads them.
void unwind_tables(const uint8_t* data, size_t size);
// An expression with registers out of the bytes, on a stack of a few words.
void expression(const uint8_t* data, size_t size);
// The walk from registers and over a stack out of the bytes, through real code.
void walk(const uint8_t* data, size_t size);

// A file of tables as `profiler recover` reads it.
void spool(const uint8_t* data, size_t size);
// Tables that change while they are encoded, as the agent reads them.
void live_view(const uint8_t* data, size_t size);
// A pprof file, a perf map, an ELF file, as `profiler symbolize` and `merge` read them.
void profile(const uint8_t* data, size_t size);
void perf_map(const uint8_t* data, size_t size);
void elf(const uint8_t* data, size_t size);

inline void require(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

}  // namespace fuzz
