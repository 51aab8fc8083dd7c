// A program or shared object as `profiler symbolize` reads it: a good one with some bytes changed.
// (elfutils reads the most of it: what kills that kills a child of `symbolize`.)
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "program/symbols/elf_file.h"
#include "program/symbols/object_files.h"
#include "program/symbols/object_names.h"
#include "tests/fuzz/harnesses.h"
#include "tests/fuzz/temporary_file.h"

namespace fuzz {

// Each 8 bytes of the input are a place (three bytes), a width from 1 to 4 and a new value.
void elf(const uint8_t* data, size_t size) {
  static const std::vector<char> good = [] {
    std::ifstream file(FUZZ_ELF, std::ios::binary);
    return std::vector<char>{std::istreambuf_iterator<char>(file), {}};
  }();
  static const TemporaryFile file;
  std::vector<char> bytes = good;
  require(bytes.size() > 4096, "there is a good file");
  for (; size >= 8; data += 8, size -= 8) {
    uint32_t place = 0;
    memcpy(&place, data, 3);
    memcpy(bytes.data() + place % (bytes.size() - 4), data + 4, data[3] % 4 + 1u);
  }
  file.fill(bytes.data(), bytes.size());
  program::ObjectFiles files;
  program::ElfFile object;
  std::string error;
  const bool opened = object.open({file.path(), ""}, &files, &error);
  require(opened == error.empty(), "open, or a sentence");
  if (!opened) return;
  program::ObjectNames names(object);
  for (uint64_t offset = 0x1000; offset < 0x1800; offset += 0x21) {
    const auto frames = names.find(offset);
    require(!frames.empty(), "at least one frame");
    for (const auto& frame : frames) require(!frame.name.empty(), "each with a name");
  }
}

}  // namespace fuzz
