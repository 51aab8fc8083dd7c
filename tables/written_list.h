// `profiler run` gives its tree a directory with a file named "written": every profile that a
// process made itself is entered there, and the owner of the directory adds the names. When it ends
// before its tree it takes the file away, and the processes that are left add names themselves.
//
// A file of that name counts only in a directory that run has made: named as its own, of this user,
// mode 0700. Elsewhere another user could have put a file or a FIFO there.
#pragma once

#include <string_view>

namespace spool {

// Remembers the ledger of `directory` if it is such a directory. Context: start; forked child.
void look_for_written_list(std::string_view directory);
bool has_written_list();
void enter_in_written_list(std::string_view profile_path);

// The same for the directory where another process keeps its tables; does nothing if run has not
// made it. Context: the agent.
void enter_in_list_of(std::string_view directory, std::string_view profile_path);

// A process of the tree has no file, and left no tables from which one can be made. The list says
// so by its mode, which can be set where no byte can be written: past the limit of file sizes.
void mark_incomplete();

// Removes the directory of a `profiler run` that has ended, unless anything is in it. Context:
// cold.
void remove_run_directory();

}  // namespace spool
