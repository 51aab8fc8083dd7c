// Locks its memory and then has more. usage: locks_all
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int is_locked(void) {
  char line[256];
  long kib = 0;
  FILE* status = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, status) != 0) {
    if (strncmp(line, "VmLck:", 6) == 0) kib = atol(line + 6);
  }
  fclose(status);
  return kib > 1000;
}

static void* allocates(void* unused) {
  (void)unused;
  return malloc(100000);
}

int main(void) {
  const int flags[] = {MCL_CURRENT, MCL_CURRENT | MCL_ONFAULT, MCL_CURRENT | MCL_FUTURE};
  for (int i = 0; i < 3; i++) {
    const int result = mlockall(flags[i]);
    printf("%d, %slocked\n", result, is_locked() ? "" : "not ");
    if (i < 2) munlockall();
  }
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 65536);
  void* block = 0;
  if (pthread_create(&thread, &attributes, allocates, 0) == 0) pthread_join(thread, &block);
  puts(block != 0 ? "a thread has a block" : "no thread, or no block");
  return 0;
}
