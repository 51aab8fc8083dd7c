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

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "return";
  site_of_ends();
  printf("ends by %s\n", how);
  fflush(stdout);
  if (strcmp(how, "exit") == 0) exit(3);
  if (strcmp(how, "_exit") == 0) _exit(4);
  if (strcmp(how, "_Exit") == 0) _Exit(9);
  if (strcmp(how, "quick_exit") == 0) quick_exit(5);
  if (strcmp(how, "sigterm") == 0) raise(SIGTERM);
  if (strcmp(how, "sigkill") == 0) raise(SIGKILL);
  if (strcmp(how, "segv") == 0) raise(SIGSEGV);
  if (strcmp(how, "abort") == 0) abort();
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
