// What the recorder's parts share: what was asked for, and what this process is.
#pragma once

#include "env/options.h"
#include "env/process.h"

struct RunFacts {
  options::Options options;
  process::Facts process;
  // Of the run: the only one that prints lines, and whose pid may be left out of a file name.
  bool first_process;
  // An option needs an agent, which may be that of a process above.
  bool wants_agent;
  bool forked;  // a child that was not executed
  // With its %q{} filled in: the environment may be gone when it is needed.
  std::string_view output_template;
  // The same with its directory resolved, for other processes that write for this one.
  std::string_view origin_template;
};
