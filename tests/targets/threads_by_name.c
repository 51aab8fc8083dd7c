// A plugin that takes pthread_create and thrd_create from behind itself, or from libc's handle, as
// allocators with threads of their own do.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <threads.h>

#include "burn.h"

static __attribute__((noinline)) void burn_in_plugin(void) {
  int64_t until = thread_cpu_ns() + 50000000;
  while (thread_cpu_ns() < until) burn_iterations(kSeldom);
  __asm__ volatile("");
}
static void* burn_main(void* none) { return burn_in_plugin(), none; }
static int burn_main_c11(void* none) { return burn_in_plugin(), none != NULL; }

// How many threads it made.
__attribute__((noinline)) int make_threads_by_name(int from_libc);
int make_threads_by_name(int from_libc) {
  void* const where = from_libc ? dlopen("libc.so.6", RTLD_NOW) : RTLD_NEXT;
  int (*create)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  int (*create_c11)(thrd_t*, thrd_start_t, void*);
  *(void**)&create = dlsym(where, "pthread_create");
  *(void**)&create_c11 = dlsym(where, "thrd_create");
  pthread_t first;
  thrd_t second;
  if (create(&first, NULL, burn_main, NULL) != 0) return 0;
  pthread_join(first, NULL);
  if (create_c11(&second, burn_main_c11, NULL) != thrd_success) return 1;
  thrd_join(second, NULL);
  return 2;
}
