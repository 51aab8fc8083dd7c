// Which compilation unit, which function and which inlined calls an address belongs to.
//
// By our own walk over the units, for two reasons: clang writes no .debug_aranges, which
// dwfl_module_addrdie needs, and dwarf_getscopes walks a whole unit anew for every address.
// Units are read when an address falls into them, functions likewise.
#pragma once

#include <elfutils/libdw.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "program/symbols/elf_file.h"
#include "program/symbols/interval_table.h"
#include "program/symbols/split_units.h"

namespace program {

struct InlinedCall {
  uint64_t begin;
  uint64_t end;
  unsigned depth;  // 0: inlined into the function itself
  Dwarf_Die die;
};

struct DwarfFunction {
  Dwarf_Die die;
  bool read = false;
  std::vector<InlinedCall> inlined;  // an outer call stands before those inside it
};

struct DwarfUnit {
  size_t number = 0;  // from 0
  Dwarf_Die lines;    // the unit that has the line table
  Dwarf_Die code;     // the unit that has the functions; another one with split DWARF
  bool is_skeleton = false;
  bool read = false;
  IntervalTable<DwarfFunction*> functions;
};

class DwarfUnits {
 public:
  // The file must outlive this.
  explicit DwarfUnits(const ElfFile& file);

  // nullptr if there is none. Addresses are the linker's.
  DwarfUnit* unit(uint64_t address);
  DwarfFunction* function(DwarfUnit* unit, uint64_t address);

  size_t count() const { return units_.size(); }
  std::optional<size_t> number_of(uint64_t address) const;

  // What one unit covers, and addresses in it: where a line, a function or an inlined call begins
  // or ends. Unsorted. No edges: the unit is too large to be read as a whole, or the time has
  // passed.
  using TimePoint = std::chrono::steady_clock::time_point;
  using Ranges = std::vector<std::pair<uint64_t, uint64_t>>;
  Ranges ranges(size_t number) const;
  std::optional<std::vector<uint64_t>> edges(size_t number, TimePoint until);

  // libdw's addresses are the linker's plus this.
  uint64_t bias() const { return bias_; }

 private:
  template <typename Add>
  void each_range(Dwarf_Die* die, Add add) const;
  void read(DwarfUnit* unit);
  void read_inlined(DwarfFunction* function);
  void read_functions(Dwarf_Die* parent, DwarfUnit* unit, unsigned level);
  void read_inlined(Dwarf_Die* parent, DwarfFunction* function, unsigned depth, unsigned level);

  const ElfFile& file_;
  SplitUnits split_;
  uint64_t bias_ = 0;
  std::deque<DwarfUnit> units_;  // deques: what points into them stays good
  std::deque<DwarfFunction> functions_;
  IntervalTable<DwarfUnit*> by_address_;
};

}  // namespace program
