// What the dynamic section of a program or shared object says, without section headers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "program/symbols/elf_file.h"

namespace program {

class DynamicTable {
 public:
  // The file must outlive this.
  explicit DynamicTable(const ElfFile& file);

  struct Relocation {
    uint64_t place;  // what the loader writes to
    uint32_t type;   // R_X86_64_...
    std::string symbol;
    uint64_t addend;
  };
  // `table` is DT_JMPREL (with DT_PLTRELSZ) or DT_RELA (with DT_RELASZ).
  std::vector<Relocation> relocations(int64_t table, int64_t size) const;

 private:
  uint64_t value(int64_t tag) const;
  std::string symbol_name(uint32_t index) const;

  const ElfFile& file_;
  std::map<int64_t, uint64_t> values_;
};

}  // namespace program
