// Ends as its first argument says, after one block at `site_of_ends`.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void* volatile sink;
__attribute__((noinline)) void site_of_ends(void) {
  sink = malloc(7001);
}

static void* exit_here(void* unused) {
  exit(6);
  return unused;
}

static void* outlive_main(void* unused) {
  usleep(20000);
  site_of_ends();
  return unused;
}

static pthread_barrier_t together;
static void* exit_together(void* how) {
  pthread_barrier_wait(&together);
  if (*(char*)how == 'e') exit(7);
  _exit(7);
}

static int deeper(const char* name) {
  char room[4096];
  memcpy(room, name, 1);
  if (room[0] == 0) return 0;  // never, but the compiler cannot know
  return deeper(room) + room[0];
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "return";
  site_of_ends();
  printf("ends by %s\n", how);
  fflush(stdout);
  if (strcmp(how, "exit") == 0) exit(3);
  if (strcmp(how, "_exit") == 0) _exit(4);
  if (strcmp(how, "_Exit") == 0) _Exit(9);
  if (strcmp(how, "quick_exit") == 0) quick_exit(5);
  if (strcmp(how, "exit_group") == 0) syscall(SYS_exit_group, 10);
  if (strcmp(how, "sigterm") == 0) raise(SIGTERM);
  if (strcmp(how, "sigint") == 0) raise(SIGINT);
  if (strcmp(how, "sigkill") == 0) raise(SIGKILL);
  if (strcmp(how, "segv") == 0) raise(SIGSEGV);
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "deep") == 0) return deeper(argv[0]);
  if (strcmp(how, "memory") == 0) {
    for (;;) memset(malloc(1 << 20), 1, 1 << 20);
  }
  if (strcmp(how, "main_leaves") == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, outlive_main, 0);
    pthread_exit(0);
  }
  if (strcmp(how, "exit_together") == 0 || strcmp(how, "_exit_together") == 0) {
    pthread_t threads[4];
    pthread_barrier_init(&together, 0, 4);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, exit_together, (void*)how);
    pthread_join(threads[0], 0);
  }
  if (strcmp(how, "raw") == 0) {  // exit_group, past libc
    __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(8) : "rcx", "r11", "memory");
  }
  if (strcmp(how, "thread") == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, exit_here, 0);
    pthread_join(thread, 0);
  }
  return 2;
}
