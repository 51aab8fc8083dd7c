// The bytes of a section, decompressed where elfutils can do it.
#pragma once

#include <libelf.h>

#include <string_view>

namespace program {

// Empty if there is none. The bytes live as long as the Elf.
std::string_view elf_section(Elf* elf, const char* name);

}  // namespace program
