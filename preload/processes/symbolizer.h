// `profiler symbolize`, started by the host's end: names, lines and inlined frames for its files.
//
// The host cannot see it as a child: it runs below a go-between that shares this memory,
// has no exit signal (so no SIGCHLD, and wait without __WCLONE does not find it) and reaps it. An
// exec would give a direct child its SIGCHLD back.
#pragma once

#include "preload/processes/run_facts.h"
#include "preload/processes/written_files.h"

namespace symbolizer {

// Copies the variables that say where its cache is. Context: start.
void remember_cache(const char* const* environment);

// Waits for it, as long as PROFILER_SYMBOLIZE_TIME says. Where it cannot run, or fails, the files
// stay as they are and one line says how to finish them. Context: cold, the host's end.
void run(const RunFacts& facts, const profile_writer::Written& written);

}  // namespace symbolizer
