// The kernel's timers of this process.
#pragma once

#include <stdio.h>

// Each begins with a line that says its number: "ID: 0".
static inline int count_timers(void) {
  FILE* file = fopen("/proc/self/timers", "r");
  char line[256];
  int count = 0;
  while (file != NULL && fgets(line, sizeof line, file)) count += line[0] == 'I';
  if (file != NULL) fclose(file);
  return count;
}
