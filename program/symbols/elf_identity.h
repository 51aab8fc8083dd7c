// What tells whether an ELF file is the one that is looked for.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <string>

namespace program {

using BuildId = std::string;  // bytes

// Empty if the file has none.
BuildId build_id_of(Elf* elf);

bool has_build_id(int fd, const BuildId& wanted);

// The sum of all its bytes, as .gnu_debuglink has it.
bool has_crc(int fd, uint32_t wanted);

}  // namespace program
