// The host's side of `profiler agent` (docs/decisions/0011-the-agent.md): it is started, asked, and
// at the end handed the files. What is said goes through layout::Control.
#pragma once

#include "preload/processes/run_facts.h"
#include "tables/layout.h"

namespace agent_link {

// True if an option needs it: a clock, a server, a signal.
bool is_wanted(const options::Options& options);

// Starts the tree's agent, not as a child that the host can see. Where that cannot be done one
// line says so, and everything records as if its options were not set. Context: start.
void start(const RunFacts& facts, const char* const* environment);

// One of the counters of layout::Control, one more: what the agent is asked for. Context: any.
void ask(std::atomic<uint32_t> layout::Control::*what);
// To see what else stands in layout::Control. Context: any.
void ask_to_look();

// The recording is over: true if its files are made or another process makes them (waited for, as
// long as PROFILER_SYMBOLIZE_TIME says), false if the host is to do it. Context: cold.
bool takes_the_end(const RunFacts& facts);
// The files are written. Waits for the agent's last work, within PROFILER_SYMBOLIZE_TIME, where it
// would be killed with this process: the init of a pid namespace, or the child that such an init
// waits for. Context: cold, the last thing of a recording.
void lets_it_finish(const RunFacts& facts);
// The end did not come: exec failed. Context: cold.
void goes_on();

}  // namespace agent_link
