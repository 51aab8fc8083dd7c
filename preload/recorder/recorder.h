// The life of a recording: from the environment to running collectors, and from them to files.
#pragma once

#include "preload/processes/run_facts.h"
#include "preload/recorder/tables_setup.h"

namespace recorder {

// Begins to record. `facts` stays where it is, and changes in a forked child. `mark`: of the image
// before. Context: start.
void start(RunFacts& facts, const tables_setup::Modes& asked, const layout::ExecMark& mark);

// The process is about to end without running destructors: the files are written. Returns at once
// in a vfork child, or when there is nothing to write; else with signals blocked, because nothing
// of the host runs after. Context: any thread, not in a handler.
void process_ending();
// quick_exit: as above, but handlers of the host follow.
void quick_exiting();

// exit was entered or main has returned: what the heap profile shows as in use, and what it is
// compared with, is that of now. Context: any thread.
void end_begins();

// A thread calls exit: what the host's handlers do is still recorded, but if another thread is
// there already the files are written now. Context: any thread.
void exiting();

// The process is about to forbid itself system calls (seccomp, user dispatch): a profile of what
// was recorded is written while that can be done, and nothing of ours makes a system call after.
// `what`: the program does, for the comments. Context: any thread.
void sandbox_coming(const char* what);

// Writes the profile of a mode, or of a profile of the program's own, as it is now; of all modes
// for an empty name. `path`: null for the template's. 0, or ESRCH where nothing records, EINVAL for
// a name that is none of these, or a path for several modes, EBUSY while another thread writes, or
// what the file failed with. Context: any thread, not in a handler.
int dump(std::string_view mode, const char* path);

// The image is about to be replaced by exec: as above, but can be taken back. False where there is
// nothing of ours to end (then image_stays must not be called).
bool image_ending(const char* executed);
void image_stays();

// daemon(3): as image_ending, and the forked child removes the tables. It comes to parting_failed
// as well, which then does nothing.
bool parting();
void parting_failed();

}  // namespace recorder
