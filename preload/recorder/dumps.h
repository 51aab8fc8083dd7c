// From what the collectors hold to files with names in them: at the end, before an exec, and while
// recording goes on. Context of all: cold; one thread at a time, not in a handler.
#pragma once

#include <string_view>

#include "preload/recorder/profile_writer.h"
#include "preload/recorder/tables_setup.h"

namespace dumps {

// What only a look can tell, by one mode's collector or by all.
void look_once_more(const tables_setup::Modes& modes, uint32_t mode);

// `last`: the process ends here, and the tables are not needed again. False if there is a file
// that could not be written, but could be later: then they stay.
bool write_all(const RunFacts& run, const tables_setup::Modes& modes, bool last);

// Files of how it is now. 0, or what the first file that could not be written failed with.
int write_now(const RunFacts& run, const tables_setup::Modes& modes,
              const profile_writer::Wanted& wanted);

// The process goes on after all: what write_all(…, false) wrote is taken back, if it wrote since
// forget().
void forget();
void take_back();

// The recording ends before the process, for what the program does: a line in the comments.
void say_sandboxed(const char* what);

// The index of a mode that is recorded, or of a profile of the program's own; kEveryMode: there is
// none.
uint32_t find_mode(std::string_view name);

}  // namespace dumps
