// How much memory tables may take, and where: the host's own limits come first.
#pragma once

#include <cstddef>

namespace spool {

struct Mapping {
  char* base;   // null: no memory at all
  size_t size;  // what was asked for, or less where the host's limits allow no more
};

// Whether tables in `directory` are safe: enough room beside all other tables, and a file system on
// which a page that was populated can always be written again (one with copy on write raises SIGBUS
// when it is full; docs/decisions/0002-where-the-tables-live.md).
bool is_good_place(const char* directory, size_t size);

// Linux sends SIGXFSZ before ftruncate fails with EFBIG, so the limit is asked for first.
bool may_have_size(size_t size);

// Maps as much of `size` as the host's limits allow, halving down to 1 MiB. `fd` -1: private
// memory.
Mapping map(int fd, size_t size);

}  // namespace spool
