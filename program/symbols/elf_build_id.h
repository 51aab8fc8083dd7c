// The build id of an ELF file, read without trusting it.
#pragma once

#include <string>

namespace program {

// In lower-case hexadecimal; empty if there is none. By pread of the section headers (a debug file
// has no bytes for its program headers): no mapping that a shrinking file could turn into a fault.
std::string elf_build_id(int fd);

}  // namespace program
