// Where the unwind rules of an address are: .eh_frame_hdr's sorted table, one FDE and its CIE.
//
// Reads only the loaded segment that holds the tables, every read bounded: a mutated object gives
// "no rule", never a fault. No allocation, no lock; any context.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

// A bounded cursor over bytes of a loaded object. A read past the end sets `failed` and gives 0.
struct ByteReader {
  const uint8_t* at;
  const uint8_t* end;
  bool failed = false;

  template <typename T>
  T read() {
    T value{};
    if (static_cast<uint64_t>(end - at) < sizeof(T)) {
      failed = true;
      at = end;
      return value;
    }
    __builtin_memcpy(&value, at, sizeof(T));
    at += sizeof(T);
    return value;
  }
  void skip(uint64_t size) {
    if (static_cast<uint64_t>(end - at) < size) {
      failed = true;
      at = end;
    } else {
      at += size;
    }
  }
  bool done() const { return at >= end; }
  uint64_t uleb();
  int64_t sleb();
};

// What an FDE and its CIE say about one function.
struct UnwindEntry {
  uint64_t start, end;         // the code that it covers
  const uint8_t* cie_program;  // initial instructions
  const uint8_t* cie_program_end;
  const uint8_t* program;  // the FDE's own instructions
  const uint8_t* program_end;
  uint64_t code_align;
  int64_t data_align;
  uint64_t return_register;
  uint8_t address_encoding;  // of DW_CFA_set_loc
  bool is_signal_frame;
};

struct UnwindTable {
  uint64_t header;               // address of .eh_frame_hdr
  uint64_t data_low, data_high;  // the segment that may be read
};

// The entry that covers `pc`; false if there is none or the table cannot be read. Context: any.
bool find_unwind_entry(const UnwindTable& table, uint64_t pc, UnwindEntry* entry) SIGNAL_SAFE;

// What .eh_frame and .debug_frame share. One CIE or FDE behind its length, `is_wide` if that has 64
// bits; moves `reader` to the next. False at the end. Context: any.
bool next_record(ByteReader& reader, ByteReader* body, bool* is_wide) SIGNAL_SAFE;
// A CIE behind its id: its part of `entry`. Context: any.
bool read_cie(ByteReader body, UnwindEntry* entry, bool* has_augmentation_data) SIGNAL_SAFE;

// A pointer in one of the DW_EH_PE_ encodings; false for those that cannot stand in .eh_frame.
bool read_encoded(ByteReader& reader, uint8_t encoding, uint64_t* value) SIGNAL_SAFE;
