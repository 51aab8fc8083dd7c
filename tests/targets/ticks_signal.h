// The signal that the profiler's ticks come by: SIGURG, or the highest real-time one where the
// program uses that.
#pragma once

#include <signal.h>
#include <string.h>

static int ticks_signal(const char* kind) {
  if (kind == NULL || strcmp(kind, "realtime") != 0) return SIGURG;
  signal(SIGURG, SIG_IGN);
  return SIGRTMAX;
}
