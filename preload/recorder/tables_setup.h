// New tables for this process: the mapping and the header that describes it to every reader.
#pragma once

#include "collectors/collector.h"
#include "collectors/counts/inherited_sample.h"
#include "preload/processes/run_facts.h"

namespace tables_setup {

// The collectors that were asked for, in the order of the registry.
struct Modes {
  const Collector* collector[layout::kMaxModes];
  uint32_t count;
};
Modes asked_for(const options::Options& options);

// False (with a line said) if there is no memory. Context: start; forked child.
bool open(const RunFacts& facts, const Modes& modes);

// From here on others find the tables, and may stop and arm what they find: the collectors have
// been started. Nothing where they are found already. Context: start; forked child; cold.
void publish();
bool are_published();

// The files are written and exec comes next: no process is to make files of the tables, unless exec
// fails and recording goes on (false). Context: cold.
void set_over(bool over);

// Puts blank private memory in place of the parent's tables: fork may have been called in a signal
// handler that interrupted our own work on them, which the child will finish. With `keep` they stay
// readable elsewhere, as is returned, until they are dropped. Context: forked child.
inherited_sample::Parents leave_to_parent(bool keep);
void drop_parents(const inherited_sample::Parents& parents);

}  // namespace tables_setup
