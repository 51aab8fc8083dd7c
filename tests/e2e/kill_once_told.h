// Kills that come when the program says that it has done enough, not when a clock says so.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/harness.h"

namespace e2e {

// The words of a shell with FIFO COMMAND...: what `timeout -s KILL` does to the command's process
// group and itself, but once the program has opened the FIFO (tests/targets/cpu_shares.c).
inline constexpr const char* kKillOnceTold = R"(mkfifo "$0"; "$@" & read told <"$0"; kill -KILL 0)";

inline Command killed_once_told(const std::string& fifo, const std::vector<std::string>& command) {
  Command shell{{"sh", "-c", kKillOnceTold, fifo}};
  shell.arguments.insert(shell.arguments.end(), command.begin(), command.end());
  return shell;
}

}  // namespace e2e
