// What each stack has cost: one row for each (mode, stack, labels, detail), values added
// atomically.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"
#include "tables/tables.h"

struct SampleKey {
  uint32_t mode;       // index into layout::Header::modes
  layout::Ref stack;   // 0: the stack found no room
  layout::Ref labels;  // LabelSet or 0
  uint64_t detail;     // as the mode's DetailKind says
};

namespace sample_table {

// Whether the mode's events are wanted now. It may change at any time, by another process: relaxed,
// what happens at that moment is counted or not. Context: any.
inline bool is_armed(uint32_t mode) SIGNAL_SAFE {
  return tables::is_open() &&
         tables::header().modes[mode].armed.load(std::memory_order_relaxed) != 0;
}

// Adds `count` values to the row of `key` and counts one event of the mode. Returns the row; 0 when
// there was no room: then the values are in the mode's lost ones, so that totals stay true.
// Lock-free. Context: any.
layout::Ref add(const SampleKey& key, const double* values, uint32_t count) SIGNAL_SAFE;

// Takes back what the mode's rows have whose detail has one of these bits: what was so at an
// earlier moment. Context: cold.
void take_back(uint32_t mode, uint64_t detail_bits);

// The row of `key`, made if it is not there, without an event; 0 when there was no room, which is
// not counted here. Context: any.
layout::Ref row(const SampleKey& key) SIGNAL_SAFE;

// Counts an event of which not even a stack could be taken. Context: any.
void lose(uint32_t mode, const double* values, uint32_t count) SIGNAL_SAFE;

}  // namespace sample_table
