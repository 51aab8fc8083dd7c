// A program that was started by root may have given that up: its files are then written with what
// it has now, since what stands in its tables is its own doing.
#pragma once

namespace program {

// kGone: the process is not there any more, and the thread has what it had.
enum class Rights { kTaken, kGone, kRefused };

// The calling thread alone has the process's effective user and group from here on. Refused:
// nothing may be written.
Rights take_rights_of(int pid);

}  // namespace program
