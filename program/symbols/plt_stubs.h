// The stubs of the procedure linkage table: which function each of them jumps to.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "program/symbols/dynamic_table.h"
#include "program/symbols/elf_file.h"
#include "program/symbols/interval_table.h"

namespace program {

class PltStubs {
 public:
  explicit PltStubs(const ElfFile& file);

  struct Stub {
    std::string symbol;     // mangled; empty for a resolver's
    uint64_t resolver = 0;  // of an indirect function of the file itself (R_X86_64_IRELATIVE)
  };
  // The stub that holds the address, or null.
  const Stub* find(uint64_t address) const;

 private:
  void read_code(uint64_t begin, uint64_t end, uint64_t stub_size);
  void add_stub(uint64_t jump, uint64_t stub_size, const Stub& stub);

  const ElfFile& file_;
  std::map<uint64_t, Stub> slots_;  // by address of the word that holds the function's address
  std::vector<Stub> in_order_;      // as the lazy stubs number them
  IntervalTable<Stub> stubs_;
};

}  // namespace program
