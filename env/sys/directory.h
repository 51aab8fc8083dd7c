// The names in a directory, by the kernel's own call: libc's would allocate.
#pragma once

#include <sys/syscall.h>

#include <cstdint>

#include "env/sys/arch.h"

namespace directory {

struct Entry {  // linux_dirent64
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[1];
};

// Calls visit(name) for every entry of the open directory until it returns false. Context: cold.
template <typename Visit>
void each_name(int directory, Visit visit) {
  alignas(Entry) char bytes[8192] = {};
  long size;
  while ((size = arch::syscall(SYS_getdents64, directory, bytes, sizeof bytes)) > 0) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const Entry*>(bytes + at);
      at += entry->size;
      if (!visit(static_cast<const char*>(entry->name))) return;
    }
  }
}

}  // namespace directory
