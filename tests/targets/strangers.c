// Threads made past the threads library: by clone(), without thread-local memory of their own; by
// the system call itself, with none at all; and one that is over before the end. Each burns 0.4 s, the second 1.2 s.
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "burn.h"

#define FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
static long iterations;  // of 0.4 s
static atomic_int done;

#define BURN(name) __attribute__((noinline)) void name(void) { burn_iterations(iterations); __asm__ volatile(""); }
BURN(by_clone)
BURN(by_call)
BURN(by_main)
BURN(that_ended)

static void idle(void) {
  for (;;) {
    struct timespec second = {1, 0};
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_nanosleep), "D"(&second), "S"(0) : "rcx", "r11", "memory");
  }
}

static int clone_main(void* none) {
  (void)none;
  by_clone();
  done++;
  idle();
  return 0;
}
static void call_main(void) {
  for (int i = 0; i < 3; i++) by_call();
  done++;
  idle();
}
static int ending_main(void* none) {
  (void)none;
  that_ended();
  done++;
  return 0;
}

static char* stack_of_thread(void) {
  return (char*)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 65536;
}

// Its thread pointer is 0: code that asks for thread-local memory there dies.
static void make_by_call(void (*routine)(void)) {
  uintptr_t* top = (uintptr_t*)(void*)stack_of_thread() - 2;
  *top = (uintptr_t)routine;
  long result;
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  __asm__ volatile(
      "syscall\n test %%rax, %%rax\n jnz 1f\n xor %%ebp, %%ebp\n pop %%rax\n call *%%rax\n ud2\n 1:"
      : "=a"(result)
      : "a"(SYS_clone), "D"(FLAGS | CLONE_SETTLS), "S"(top), "d"(0), "r"(r10), "r"(r8)
      : "rcx", "r11", "memory");
  if (result < 0) abort();
}

int main(void) {
  int64_t start = thread_cpu_ns();
  burn_iterations(20000000);
  iterations = (long)(20000000 * (400e6 / (double)(thread_cpu_ns() - start)));
  clone(clone_main, stack_of_thread(), FLAGS, NULL);
  make_by_call(call_main);
  clone(ending_main, stack_of_thread(), FLAGS, NULL);
  by_main();
  while (done < 3) by_main();
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("used %lld\n", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ll +
                            (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ll);
  return 0;
}
