// A host that an agent serves: burns CPU and allocates until a file is there, or for at most 300 s.
// Prints what it could see of another party: children, SIGCHLD, descriptors, threads, its
// environment.
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child_signals;
static void on_child(int number) {
  (void)number;
  child_signals++;
}

static int entries(const char* directory) {
  DIR* d = opendir(directory);
  int count = -3;  // ., .. and the directory's own descriptor
  while (d != NULL && readdir(d) != NULL) count++;
  closedir(d);
  return count;
}

__attribute__((noinline)) void* site_of_agent_host(size_t size) {
  void* p = malloc(size);
  memset(p, 1, size);
  return p;
}

__attribute__((noinline)) long burn_of_agent_host(long rounds) {
  volatile long sum = 0;
  for (long i = 0; i < rounds; i++) sum += i;
  return sum;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// usage: agent_host FILE [idle]
int main(int argc, char** argv) {
  signal(SIGCHLD, on_child);
  const int is_idle = argc > 2 && strcmp(argv[2], "idle") == 0;
  void* kept[16] = {0};
  for (double end = now() + 300; now() < end && access(argv[1], F_OK) != 0;) {
    for (int i = 0; i < 16; i++) {
      free(kept[i]);
      kept[i] = site_of_agent_host(1000);
    }
    if (is_idle) {
      usleep(1000);
    } else {
      burn_of_agent_host(200000);
    }
  }
  const int waited = waitpid(-1, NULL, WNOHANG);
  printf("children: %s, SIGCHLD: %d, descriptors: %d, threads: %d, LD_PRELOAD %s\n",
         waited == -1 && errno == ECHILD ? "none" : "some", (int)child_signals,
         entries("/proc/self/fd"), entries("/proc/self/task") + 1,
         getenv("LD_PRELOAD") != NULL ? "there" : "gone");
  return 7;
}
