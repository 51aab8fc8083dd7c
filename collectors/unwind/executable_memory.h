// Which pages the program made executable by mmap or mprotect: the evidence that a word points to
// code that no object holds. A heap pointer beside a frame pointer is no return address.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace executable_memory {

// [start, start + size) is executable from now on. Context: any.
void made(uint64_t start, uint64_t size) SIGNAL_SAFE;

// False if the program did not make this page executable. True is evidence, no proof: a page that
// is unmapped stays marked, and pages 4 GiB apart share a mark. Context: any.
bool holds(uint64_t address) SIGNAL_SAFE;

}  // namespace executable_memory
