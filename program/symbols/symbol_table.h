// Function symbols by address: .symtab (also the separate debug file's), .dynsym, .gnu_debugdata.
#pragma once

#include <cstdint>
#include <string_view>

#include "program/symbols/elf_file.h"
#include "program/symbols/function_starts.h"
#include "program/symbols/interval_table.h"

namespace program {

class SymbolTable {
 public:
  struct Symbol {
    std::string_view name;  // in the ELF file's memory; without a version. Empty: what is behind
                            // the last certain byte of a symbol without a size
    uint64_t begin;
  };

  // The file must outlive the table. A symbol without a size ends where .eh_frame or another symbol
  // has the next boundary, but names at most `kLongestUnsized` bytes that no function of .eh_frame
  // covers: hand-written assembly whose other symbols were stripped may follow for 200 KiB.
  SymbolTable(const ElfFile& file, const FunctionStarts& starts);

  static constexpr uint64_t kLongestUnsized = 4096;

  const Symbol* find(uint64_t address) const;
  const std::vector<IntervalTable<Symbol>::Entry>& entries() const { return symbols_.entries(); }

  // An allocator's malloc under a name of its own (`_rjem_malloc`); empty: there is none.
  std::string_view own_malloc() const { return own_malloc_; }

 private:
  std::string_view own_malloc_;
  IntervalTable<Symbol> symbols_;
};

}  // namespace program
