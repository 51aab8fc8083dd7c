// A cache in a global that its destructor frees, as most programs have one. argv: how it ends.
//   return, exit, _exit, quick_exit: as they say
//   fork: a handler at exit forks a child that allocates for itself
//   exec FILE: a handler at exit executes a file that is no program
//   beside: another thread frees and allocates all along
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SITE extern "C" __attribute__((noinline, visibility("default")))

namespace {
constexpr int kBlocks = 50;
}

// After the end has begun: allocated, but not in use; the addresses of the cache come back.
SITE void* site_late() {
  return malloc(4096);
}

struct Cache {
  void* blocks[kBlocks] = {};
  ~Cache() {
    for (void*& block : blocks) {
      free(block);
      block = site_late();
    }
  }
};

static Cache cache;

SITE void site_cache() {
  for (void*& block : cache.blocks) block = malloc(4096);
  cache.blocks[0] = realloc(cache.blocks[0], 4096);
}

SITE void site_child() {
  void* blocks[3];
  for (void*& block : blocks) block = malloc(1000);
  free(blocks[0]);
}

static void fork_child() {
  const pid_t child = fork();
  if (child == 0) {
    site_child();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

static const char* no_program;

static void execute() {
  execl(no_program, no_program, static_cast<char*>(nullptr));
}

static void* churn(void*) {
  for (;;) free(malloc(3000));
}

int main(int argc, char** argv) {
  const char* how = argv[1];
  site_cache();
  if (strcmp(how, "exit") == 0) exit(0);
  if (strcmp(how, "_exit") == 0) _exit(0);
  if (strcmp(how, "quick_exit") == 0) quick_exit(0);
  if (strcmp(how, "fork") == 0) atexit(fork_child);
  if (argc > 2) no_program = argv[2];
  if (strcmp(how, "exec") == 0) atexit(execute);
  pthread_t thread;
  if (strcmp(how, "beside") == 0) pthread_create(&thread, nullptr, churn, nullptr);
  return 0;
}
