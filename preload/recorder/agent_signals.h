// PROFILER_SIGNAL and PROFILER_TOGGLE_SIGNAL: their handler asks the agent, and does nothing else.
// They are ours only as long as the host does not want them.
#pragma once

#include "env/options.h"

struct sigaction;

namespace agent_signals {

// Context: start.
void take(const options::Options& options);

// True if its action is ours. Context: any.
bool is_held(int number);
// Its action as the host sees it. Context: sigaction and signal, before the real call.
struct sigaction* action_of_host(int number);
// The host has an action of its own for it: a line says what that means. Context: as above.
void yield(int number);

}  // namespace agent_signals
