// Where the tables live: a file that outlives the host, mapped and closed again, so that no
// descriptor is held (docs/decisions/0002-where-the-tables-live.md).
#pragma once

#include <cstddef>
#include <string_view>

#include "tables/layout.h"
#include "tables/origin.h"
#include "tables/spool_room.h"

namespace spool {

struct Request {
  std::string_view where;             // PROFILER_SPOOL: a directory, "auto" or "none"
  std::string_view output_directory;  // absolute; second choice of "auto"
  size_t size;                        // PROFILER_MEMORY
  int pid;
  bool is_shared;         // another process is to map them: a nameless one's descriptor is kept
  origin::Facts* origin;  // written beside them; its numbers of the tables are filled in
};

// Removes abandoned tables where `where` puts tables. The first process of a tree looks for all old
// ones, every other for those that an earlier image of its own left. Returns the mark of
// that image, zeros if there is none. Context: start.
layout::ExecMark sweep_place(std::string_view where, int pid, uint64_t now_s, bool first_process);

// Zeroed memory of which nothing can be touched before tables::populate. One line where the wish of
// the user cannot be met; then anonymous memory. Context: start, or a forked child.
Mapping open(const Request& request);

// Descriptors of the tables and of their origin for another process, which closes with it: the file
// opened again, or the one kept since `open` where they have no name. Negative: none. Context: a
// child with descriptors of its own.
int descriptor();
int origin_descriptor();
// Closes those that were kept. Context: start.
void close_descriptors();

// Removes the file's name and its origin; the mapping stays. Context: the host's end, or before a
// fork's child opens its own. Does nothing for anonymous memory.
void remove();

// The image is about to be replaced and its files are written: the file's name would outlive it,
// and an exec that fails wants it back. So it stays, as old as the next start sweeps it. Context:
// cold.
void mark_as_old(bool old);

// Empty for anonymous memory.
std::string_view file();

// The tables have a file in `directory`, under whatever name the directory is known. Context:
// start.
bool is_in(const char* directory);

// Forgets the parent's file, which is the parent's to remove. Context: a forked child.
void forget();

}  // namespace spool
