// Which file of the same name is replaced. A file last changed before this process began is of an
// earlier run: it is replaced. A younger one comes from a process that lived while this one did
// (pid 1 of another container, another tree under a template without %p): it stays, and the name
// gets `-2`, `-3`, ... The change time (ctime) is what the kernel set and no program can choose.
// Names that are free are taken by a rename that fails if the name exists, so of two processes that
// end at once none loses its file. Accepted flaws, as nothing is held open or locked:
//   - a live process's file from before this process began looks like an earlier run's. To be
//     sound in that too, its owner would keep a page of it mapped under flock: the lock lives as
//     long as the mapping, without a descriptor;
//   - two processes that find the same old file in the same instant: the later rename wins;
//   - file times are the kernel's tick (up to 10 ms) behind the clock: a file that young is "old".
#pragma once

#include <cstdint>

namespace output_claim {

// Renames `temporary` to `path` if that is free or an earlier run's. Both are relative to the open
// `directory`. 0, or a negative error number; -EEXIST: the name is another's, try the next.
long take_name(int directory, const char* temporary, const char* path, uint64_t start_realtime_ns);

}  // namespace output_claim
