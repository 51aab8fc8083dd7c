// The keys of the profiles that the host makes: (mode, key) -> the sample of the thread that added
// it.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

namespace reference_table {

// False for keys that look like an entry that is free or being filled.
inline bool can_hold(uint64_t key) {
  return key + layout::kReferenceBias > layout::kLiveBusy;
}

enum class Put { kNew, kReplaced, kNoRoom };

// Enters a key that can be held; one that is there already is replaced. `sample`: 0 for none.
// Lock-free. Context: any.
Put put(uint32_t mode, uint64_t key, layout::Ref sample) SIGNAL_SAFE;

// Takes it out; false if it was not there. Context: any.
bool remove(uint32_t mode, uint64_t key) SIGNAL_SAFE;

// A forked child begins with nothing. Context: one thread.
void forget();

}  // namespace reference_table
