// A program that was started by root may have given that up: its files are then written with what
// it has now, since what stands in its tables is its own doing.
#pragma once

namespace program {

// The calling thread alone has the process's effective user and group from here on. False if it
// cannot be told or had: nothing may be written then.
bool take_rights_of(int pid);

}  // namespace program
