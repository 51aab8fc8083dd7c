// Whether the kernel says that a thread (or the first one of a process) sleeps: what it was about
// to wait for it waits for, however busy the machine is.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline int is_asleep(long tid) {
  char path[64], content[256] = "";
  snprintf(path, sizeof path, "/proc/%ld/stat", tid);
  const int file = open(path, O_RDONLY);
  const int has_read = read(file, content, sizeof content - 1) > 0;
  close(file);
  const char* end_of_name = strrchr(content, ')');
  return has_read && end_of_name != NULL && end_of_name[2] == 'S';
}
