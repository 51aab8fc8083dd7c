// Where the tables live: a file that outlives the host, mapped and closed again, so that no
// descriptor is held (docs/decisions/0002-where-the-tables-live.md).
#pragma once

#include <cstddef>
#include <string_view>

namespace spool {

struct Request {
  std::string_view where;          // PROFILER_SPOOL: a folder, "auto" or "none"
  std::string_view output_folder;  // absolute; second choice of "auto"
  size_t size;                     // PROFILER_MEMORY
  int pid;
  bool is_shared = false;  // another process is to map them: a nameless one's descriptor is kept
};

struct Mapping {
  char* base;   // null: no memory at all
  size_t size;  // what was asked for, or less where the host's limits allow no more
};

// Removes what nobody will come for where `where` puts tables: the first process of a tree looks
// for all that is old, every other for what an earlier image of its own left. Context: start.
void sweep_place(std::string_view where, int pid, uint64_t now_s, bool first_process);

// Zeroed memory of which nothing can be touched before tables::populate. One line where the wish of
// the user cannot be met; then anonymous memory. Context: start, or a forked child.
Mapping open(const Request& request);

// A descriptor of the tables for another process, which closes with it: the file opened again, or
// the one kept since `open` where they have no name. Negative: none. Context: a child with
// descriptors of its own.
int descriptor();
// Closes the one that was kept. Context: start.
void close_descriptor();

// Removes the file's name; the mapping stays. Context: the host's end, or before a fork's child
// opens its own. Does nothing for anonymous memory.
void remove();

// The image is about to be replaced and its files are written: the file's name would outlive it,
// and an exec that fails wants it back. So it stays, as old as the next start sweeps it. Context:
// cold.
void mark_as_old(bool old);

// Empty for anonymous memory.
std::string_view file();

// Forgets the parent's file, which is the parent's to remove. Context: a forked child.
void forget();

// `profiler run` gives its tree a folder with a file named "written": every profile that a process
// made itself is entered there, and whoever owns the folder names the symbols. When it ends before
// its tree it takes the file away, and the processes that are left do so themselves.
bool has_ledger();
void enter_in_ledger(std::string_view profile_path);

}  // namespace spool
