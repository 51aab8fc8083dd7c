// New tables for this process: the mapping and the header that describes it to every reader.
#pragma once

#include "collectors/collector.h"
#include "preload/run_facts.h"

namespace tables_setup {

// The collectors that were asked for, in the order of the registry.
struct Modes {
  const Collector* collector[layout::kMaxModes];
  uint32_t count;
};
Modes asked_for(const options::Options& options);

// False (with a line said) if there is no memory. Context: start; forked child.
bool open(const RunFacts& facts, const Modes& modes);

// Unmaps the tables; their file is removed or left by env/spool.h. Context: no thread records.
void close();

}  // namespace tables_setup
