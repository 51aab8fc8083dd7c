// `generations N`: each is forked while eight threads of the one before allocate; the last allocates
// a hundred times more.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void* volatile sink;
__attribute__((noinline)) void site_of_the_last(void) {
  sink = malloc(4001);
}

static volatile int over;
static void* allocate(void* unused) {
  while (!over) {
    void* volatile block = malloc(64);
    free(block);
  }
  return unused;
}

int main(int argc, char** argv) {
  const int generations = argc > 1 ? atoi(argv[1]) : 1;
  for (int i = 0; i < generations; i++) {
    pthread_t thread;
    for (int k = 0; k < 8; k++) pthread_create(&thread, 0, allocate, 0);
    usleep(3000);
    const pid_t child = fork();
    if (child != 0) {
      over = 1;
      int status = -1;
      waitpid(child, &status, 0);
      _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
    }
  }
  for (int i = 0; i < 100; i++) site_of_the_last();
  return 7;
}
