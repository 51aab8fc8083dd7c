// The signal of the profiler's ticks: SIGURG, or the highest real-time one where the program uses
// SIGURG.
#pragma once

#include <signal.h>
#include <string.h>

static int ticks_signal(const char* kind) {
  if (kind == NULL || strcmp(kind, "realtime") != 0) return SIGURG;
  signal(SIGURG, SIG_IGN);
  return SIGRTMAX;
}
