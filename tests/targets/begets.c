// `begets WAY [PROGRAM ARGUMENT]`: one child, made that way; parent and child allocate at sites of
// their own, and the parent burns at last.
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

void* volatile sink;
__attribute__((noinline)) void site_of_parent(void) {
  sink = malloc(3001);
}
__attribute__((noinline)) void site_of_child(void) {
  sink = malloc(3011);
}
__attribute__((noinline)) void burn_after_child(void) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 150000000) burn_iterations(20000);
}

extern char** environ;
static char shell_words[4096];

static int wait_for(pid_t child) {
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

static int beget(const char* way, char** program) {
  if (strcmp(way, "fork") == 0 || strcmp(way, "fork_exit") == 0) {
    const pid_t child = fork();
    if (child != 0) return wait_for(child);
    site_of_child();
    if (strcmp(way, "fork_exit") == 0) exit(4);
    _exit(5);
  }
  if (strcmp(way, "vfork") == 0) {
    const pid_t child = vfork();
    if (child != 0) return wait_for(child);
    if (program[0]) execv(program[0], program);
    _exit(6);
  }
  if (strcmp(way, "spawn") == 0) {
    pid_t child = -1;
    posix_spawn(&child, program[0], 0, 0, program, environ);
    return wait_for(child);
  }
  if (program[0]) snprintf(shell_words, sizeof shell_words, "exec %s %s", program[0], program[1]);
  if (strcmp(way, "system") == 0) return system(shell_words);
  if (strcmp(way, "popen") == 0) {
    FILE* stream = popen(shell_words, "r");
    char line[256];
    while (fgets(line, sizeof line, stream)) printf("read %s", line);
    return pclose(stream);
  }
  if (strcmp(way, "daemon") == 0) {
    const int result = daemon(0, 0);
    site_of_child();
    return result;
  }
  return -1;
}

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  site_of_parent();
  printf("status %d\n", beget(argv[1], argv + 2));
  burn_after_child();
  return 0;
}
