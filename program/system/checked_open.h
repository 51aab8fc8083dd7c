// Opens a file that another user may have put there: never waits for a FIFO, never touches a
// device.
#pragma once

#include <sys/stat.h>

#include <string>

namespace program {

// A read-only descriptor of a regular ELF file that holds code, or -1 and the reason. A file system
// that does not answer costs some seconds; once several have not, no further file is asked for.
// Context: any thread. The work is done by a thread of its own, which may outlive the call.
int open_elf_file(const std::string& path, struct stat* status, std::string* problem);

}  // namespace program
