// The executable segments of loaded objects, as the walk needs them: where an address belongs and
// where its unwind table is. The host keeps them privately (the walk follows these addresses) and
// enters them in the tables at the same time (for symbolization).
//
// An object is found when a walk first meets it, by the loader's lock-free _dl_find_object: no
// lock, no system call, no allocation, also in a signal handler. One that is gone is marked; when
// another takes its addresses, a new generation of addresses begins (layout::Header).
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

// The bounds of this library, from the linker.
extern "C" __attribute__((visibility("hidden"))) const char __ehdr_start[];
extern "C" __attribute__((visibility("hidden"))) const char _end[];

struct CodeRange {
  std::atomic<uint64_t> start;
  uint64_t end;
  uint64_t unwind_table;         // address of .eh_frame_hdr, 0: none
  uint64_t data_low, data_high;  // the readable segment that holds .eh_frame_hdr and .eh_frame
  uint64_t map_start;            // of the object, as the loader tells it; 0: it cannot go
  // The hash of the path, kept here: the tables must not decide whether a table may still be read.
  uint64_t path_hash;
  layout::Ref object;           // layout::Object
  bool is_program;              // the program's own code
  bool is_permanent;            // there from the start: it cannot be unloaded
  std::atomic<uint32_t> state;  // kEmpty, kLive, kGone
};

namespace objects {

// Finds the loader's functions and enters the program itself and the vdso. Context: start, and
// again in a forked child with fresh tables.
void start();

// The code that holds `pc`, or null. Context: any thread, any handler.
const CodeRange* find(uint64_t pc) SIGNAL_SAFE;

// The same for an address that is only a guess, where the object may be unloaded by another thread
// meanwhile: null but for objects that cannot go, and `also`. Context: any.
const CodeRange* find_permanent(uint64_t pc, const CodeRange* also) SIGNAL_SAFE;

// Marks what is no longer loaded; true if code was found to be gone since this or has_gone was last
// asked: then rows must be forgotten. Context: after an unloading, no handler.
bool forget_gone();
// Context: any.
bool has_gone() SIGNAL_SAFE;

// True for the profiler's own code. Context: any.
inline bool is_own(uint64_t pc) SIGNAL_SAFE {
  return pc - reinterpret_cast<uint64_t>(__ehdr_start) < static_cast<uint64_t>(_end - __ehdr_start);
}

}  // namespace objects
