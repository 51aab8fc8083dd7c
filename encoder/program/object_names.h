// Names for the addresses of one program or shared object, from whatever the file offers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "encoder/program/dwarf_frames.h"
#include "encoder/program/elf_file.h"
#include "encoder/program/frame.h"
#include "encoder/program/function_starts.h"
#include "encoder/program/plt_stubs.h"
#include "encoder/program/symbol_table.h"

namespace program {

class ObjectNames {
 public:
  // The file must outlive this.
  explicit ObjectNames(const ElfFile& file);

  // At least one frame, each with a name; leaf-most inlined function first. In this order: DWARF,
  // stub of the procedure linkage table ("malloc@plt"), symbol, start of the function by .eh_frame
  // ("app+0x4a310"), the address itself. The last two are offsets as nm and objdump print
  // addresses. The offset is the file's.
  std::vector<Frame> find(uint64_t file_offset);

  std::string_view own_malloc() const { return symbols_.own_malloc(); }

 private:
  bool name_stub(uint64_t address, Frame* frame) const;
  void name_by_symbol(uint64_t address, Frame* frame) const;
  std::string with_address(uint64_t address) const;

  const ElfFile& file_;
  DwarfFrames dwarf_;
  FunctionStarts starts_;
  SymbolTable symbols_;  // after starts_, which it reads
  PltStubs stubs_;
};

}  // namespace program
