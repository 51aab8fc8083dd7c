// Runs a program and writes what it used to a file, in one line: microseconds of wall, user and
// system time, and the largest resident size in KiB. A shell or Python would do but for that last
// figure, which begins with the size of the process that starts the program.
// usage: bench_usage FILE [NAME=VALUE]... PROGRAM [ARGUMENT]...
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static pid_t child;

static void pass_on(int number) {
  if (child > 0) kill(child, number);
}

static long microseconds(const timeval& t) {
  return t.tv_sec * 1000000L + t.tv_usec;
}

static long now_us() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

int main(int argc, char** argv) {
  char* environment[64] = {};
  int first = 2, names = 0;
  for (; first < argc && names < 63 && strchr(argv[first], '=') != nullptr; first++) {
    environment[names++] = argv[first];
  }
  if (first >= argc) return 2;
  signal(SIGTERM, pass_on);
  signal(SIGINT, pass_on);
  const long start = now_us();
  if (posix_spawnp(&child, argv[first], nullptr, nullptr, argv + first, environment) != 0)
    return 127;
  int status = 0;
  rusage used{};
  while (wait4(child, &status, 0, &used) < 0) {
  }
  const long wall = now_us() - start;
  FILE* file = fopen(argv[1], "w");
  if (file == nullptr) return 2;
  fprintf(file, "%ld %ld %ld %ld\n", wall, microseconds(used.ru_utime), microseconds(used.ru_stime),
          used.ru_maxrss);
  fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
