// Where the profiler's tables are mapped in this process, as a program finds them that means harm.
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Null: there are none.
static char* own_tables(void) {
  FILE* maps = fopen("/proc/self/maps", "r");
  char line[4096];
  char* found = NULL;
  while (maps != NULL && found == NULL && fgets(line, sizeof line, maps) != NULL) {
    char* end = NULL;
    char* start = (char*)strtoul(line, &end, 16);
    const int is_writable = strstr(line, " rw-s ") != NULL;
    if (is_writable && strstr(line, ".tables") != NULL) found = start;
  }
  if (maps != NULL) fclose(maps);
  return found;
}
