#include "collectors/core/off_processor.h"

namespace off_processor {

// What the kernel wants to see before it jumps to a section's way out, which it never does here.
asm(".pushsection .text\n"
    ".long 0x53053053\n"
    "profiler_never_left_to:\n"
    "ud2\n"
    ".popsection");
extern "C" HIDDEN const char profiler_never_left_to[];

constinit int64_t section_offset = 0;

// Of one byte, in a page where no code is.
const Section empty_section = {0, 0, 1, 1, profiler_never_left_to};

void use(int64_t area_offset, uint32_t area_size) {
  constexpr int64_t kSection = 8;  // of struct rseq
  if (area_size >= 16) section_offset = area_offset + kSection;
}

}  // namespace off_processor
