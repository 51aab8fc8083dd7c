// An address to frames with names, files and lines, by DWARF.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "program/profiles/frame.h"
#include "program/symbols/dwarf_units.h"

namespace program {

class DwarfFrames {
 public:
  // The file must outlive this.
  explicit DwarfFrames(const ElfFile& file) : units_(file) {}

  // Leaf-most inlined function first, the function that has the code last; that one is without a
  // name where there is only a line (assembly). Empty if DWARF says nothing of the address.
  std::vector<Frame> find(uint64_t address);

  DwarfUnits& units() { return units_; }

 private:
  const Frame& named(Dwarf_Die* die, DwarfUnit* unit);
  Frame frame_at(Dwarf_Die* die, DwarfUnit* unit, const std::string& file, int64_t line);

  DwarfUnits units_;
  std::unordered_map<const void*, Frame> names_;  // by the DIE's place in memory; without lines
};

}  // namespace program
