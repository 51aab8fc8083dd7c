// A program started as the shell would have started it, and ended as it ended.
#pragma once

#include <string>
#include <vector>

namespace program {

// Runs the command (argv[0] found by PATH as execvp(3) does) in this process group, with these
// descriptors and the signal dispositions that this process was started with, and waits for it.
// Meanwhile SIGINT and SIGQUIT are ignored, as by system(3): a key press reaches the child by
// itself. SIGTERM and SIGHUP sent to this process are passed on.
// True, and the wait status, if it ran; else errno of what failed.
bool run_and_wait(const std::vector<std::string>& command, const std::vector<char*>& environment,
                  int* wait_status, int* error);

// The exit status to end with; does not return if the child was killed: ends by the same signal,
// without a second core.
int end_like(int wait_status);

}  // namespace program
