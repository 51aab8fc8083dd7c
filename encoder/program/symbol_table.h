// Function symbols by address: .symtab (also the separate debug file's), .dynsym, .gnu_debugdata.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoder/program/elf_file.h"
#include "encoder/program/interval_table.h"

namespace program {

class SymbolTable {
 public:
  struct Symbol {
    std::string_view name;  // in the ELF file's memory; without a version
    uint64_t begin;
    bool sized;  // false: its end is only where something else begins
  };

  // The file must outlive the table.
  explicit SymbolTable(const ElfFile& file);

  const Symbol* find(uint64_t address) const;

 private:
  IntervalTable<Symbol> symbols_;
};

}  // namespace program
