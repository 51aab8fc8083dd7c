// A profile of a running process: its tables encoded as they are now, all of them or what came
// since an earlier look.
#pragma once

#include <cstdint>
#include <string>

#include "program/agent/target/row_values.h"
#include "program/agent/target/target_tables.h"
#include "program/profiles/profile.h"

namespace program {

// How much of an earlier look is taken off.
enum class Since {
  kStart,      // nothing
  kReadAll,    // all values: cpu and the like, and Go's ?seconds= of every profile
  kReadCounts  // what only grows; in-use values stay what they are now (godeltaprof)
};

struct TablesReading {
  unsigned mode = 0;
  Since since = Since::kStart;
  const RowValues* before = nullptr;
  RowValues* now = nullptr;
  Fallen fallen = Fallen::kNegative;
  uint64_t* ended_ns = nullptr;  // when it was taken
  uint64_t begun_ns = 0;         // CLOCK_MONOTONIC of the look before, where something is taken off
  // Of wall: what goes on in the threads is asked for first.
  bool asks = true;
  bool tells_end = false;  // its time is that of this look, as of Go's differences
  std::string comments = {};
};

// The gzip'd profile, with addresses. False, and why.
bool take(const TargetTables& tables, const TablesReading& look, std::string* bytes,
          std::string* problem);

// What an encoding of these tables takes at most while it is made.
size_t encoding_bytes(const TargetTables& tables);

// The values alone.
bool remember(const TargetTables& tables, unsigned mode, RowValues* now);

}  // namespace program
