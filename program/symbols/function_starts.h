// Where functions begin and end by .eh_frame, which stripped files keep.
#pragma once

#include <cstdint>
#include <optional>

#include "program/symbols/elf_file.h"
#include "program/symbols/interval_table.h"

namespace program {

class FunctionStarts {
 public:
  explicit FunctionStarts(const ElfFile& file);

  // Start of the function (the FDE) that holds the address.
  std::optional<uint64_t> find(uint64_t address) const;
  const std::vector<IntervalTable<char>::Entry>& entries() const { return functions_.entries(); }

  // The end of the function that holds the address; of an address in none, where the next begins.
  std::optional<uint64_t> next_boundary(uint64_t address) const;

 private:
  IntervalTable<char> functions_;
};

}  // namespace program
