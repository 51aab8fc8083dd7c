// The places through which loaded objects reach functions of each other: jump slots, and the
// addresses that the linker left for the loader to fill in. Of the objects that the program began
// with alone: those cannot be unloaded while a place of theirs is written.
#pragma once

#include <link.h>

#include <cstdint>

namespace got_slots {

struct Relocations;

struct Slot {
  const char* name;        // of the function
  const link_map* object;  // whose place it is
  const void* target;      // null: not bound yet
  bool is_call;            // a jump slot: calls alone go through it, no address is taken from it
  const Relocations& among;
  uint64_t symbol;

  // That the object asks for; null: any. Searched for.
  const char* version() const;
};

// Offers every place to `choose`, which gives what it shall lead to, or null for "as it is".
// Read-only places (RELRO) are made writable for the moment; where that is refused nothing changes.
// Context: start, no handler.
void change(const void* (*choose)(const Slot&, void*), void* argument);

}  // namespace got_slots
