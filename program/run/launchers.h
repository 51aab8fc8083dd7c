// Commands that start a program for their user: where the preload is lost on the way, and where the
// program that is really run stands among the arguments.
#pragma once

#include <string>
#include <vector>

namespace program {

// What `run` says of a command that drops the preload before it starts a program: why, and what to
// do instead. Empty for all other commands. `file`: as it would be executed.
std::string preload_lost_by(const std::string& file);

// The program of a command line that starts glibc's dynamic loader by name
// (`/lib64/ld-linux-x86-64.so.2 --argv0 x ./app`). Empty if the command is no such.
std::string program_behind_loader(const std::vector<std::string>& command);

}  // namespace program
