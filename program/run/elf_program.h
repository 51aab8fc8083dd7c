// What the headers of an executable say about how it will be loaded.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace program {

struct ElfProgram {
  bool is_x86_64 = false;           // class and machine; false for x32, i386 and others
  std::string kind;                 // for people: "32-bit, machine 3"
  std::string interpreter;          // PT_INTERP; empty: static or static-pie
  std::vector<std::string> needed;  // DT_NEEDED
  std::string own_name;             // DT_SONAME
};

// Nothing if the file cannot be read or is no ELF file.
std::optional<ElfProgram> read_elf_program(const std::string& file);

}  // namespace program
