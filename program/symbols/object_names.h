// Names for the addresses of one program or shared object, from whatever the file offers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "program/profiles/frame.h"
#include "program/symbols/dwarf_frames.h"
#include "program/symbols/elf_file.h"
#include "program/symbols/function_starts.h"
#include "program/symbols/plt_stubs.h"
#include "program/symbols/symbol_table.h"

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
  // The same by the linker's address.
  std::vector<Frame> find_address(uint64_t address);

  // Units are numbered from 0.
  size_t unit_count() { return dwarf_.units().count(); }
  std::optional<size_t> unit_of(uint64_t address) { return dwarf_.units().number_of(address); }
  std::optional<uint64_t> begin_of_unit(size_t number);

  // All answers of one unit. Addresses rise; an answer holds up to the next one. No frames: no
  // answer holds so far. Returns what the answers cover: nothing if the unit is too large to be
  // read as a whole, or the time has passed.
  struct Span {
    uint64_t begin, end;
  };
  using AddAnswer = std::function<void(uint64_t begin, const std::vector<Frame>& frames)>;
  std::vector<Span> unit(size_t number, DwarfUnits::TimePoint until, const AddAnswer& add);

  std::string_view own_malloc() const { return symbols_.own_malloc(); }

 private:
  bool is_named_by_itself(uint64_t address) const;
  void find_edges();
  bool name_stub(uint64_t address, Frame* frame) const;
  void name_by_symbol(uint64_t address, Frame* frame) const;
  std::string with_address(uint64_t address) const;

  const ElfFile& file_;
  DwarfFrames dwarf_;
  FunctionStarts starts_;
  SymbolTable symbols_;  // after starts_, which it reads
  PltStubs stubs_;
  std::vector<uint64_t> edges_;  // of symbols, functions and units: where names may change
};

}  // namespace program
