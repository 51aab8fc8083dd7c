// The file of a loaded object, put together from the memory of a process that maps it: for an
// object that was removed while it ran, where nothing else leads to it.
#pragma once

#include <sys/types.h>

#include "program/system/mapped_files.h"

namespace program {

// A descriptor of a file in memory, or -1. It has what the loader took of the object and cannot
// change (code, dynamic symbols, .eh_frame, build id) and the dynamic section as the linker wrote
// it; no data, no section headers. Only such memory is read as the kernel lists under the file, so
// the image never holds what the process computed.
int memory_image(pid_t process, const MappedFile& file);

}  // namespace program
