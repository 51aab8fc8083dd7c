// What a program says of its own work, for a trace; and calls that wait for another process.
// usage: trace_marks NAME_OF_A_FIFO_TO_BE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asleep.h"
#include "include/profiler.h"

/* Till the parent is in the call that this process is to end, and has been for a while. */
static void wait_for_parent(void) {
  while (!is_asleep(getppid())) usleep(1000);
  usleep(20000);
}

int main(int argc, char** argv) {
  const unsigned long task = profiler_task_begin("request 4711");
  char message[400];
  int ends[2];
  char byte = 0;
  profiler_region_begin("outer");
  profiler_region_begin("inner");
  profiler_log("parser", "line 12 is empty");
  profiler_region_end();
  memset(message, 'x', sizeof message - 1);
  message[sizeof message - 1] = 0;
  profiler_log("long", message);
  if (argc < 2 || pipe(ends) != 0 || mkfifo(argv[1], 0600) != 0) return 1;
  if (fork() == 0) {
    wait_for_parent();
    if (write(ends[1], "b", 1) != 1) _exit(1);
    wait_for_parent();
    _exit(open(argv[1], O_WRONLY) < 0);
  }
  if (read(ends[0], &byte, 1) != 1) return 1;
  if (open(argv[1], O_RDONLY) < 0) return 1;
  wait(NULL);
  profiler_region_end();
  profiler_region_end(); /* one too many */
  profiler_task_end(task);
  profiler_task_end(0);
  printf("%d\n", ends[0]);
  return 0;
}
