// Burns CPU where there is little stack: on a fiber and on an alternate signal stack that have what
// the kernel's own signal frame takes here, and 768 bytes. Below each lies a page that no code may
// touch. `behind`: beside a thread whose time cannot be known, so that others are looked for.
// usage: small_stacks [BYTES|behind]
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "burn.h"

static volatile long sink;
static ucontext_t main_context, fiber;

static void* guarded(size_t size) {
  size_t pages = (size + 4095) & ~(size_t)4095;
  char* p = mmap(0, pages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(p, 4096, PROT_NONE);
  return p + 4096 + (pages - size);
}

__attribute__((noinline)) void burn_on_little(void) {
  int64_t end = thread_cpu_ns() + 500000000;
  while (thread_cpu_ns() < end) burn_iterations(20000);
}

__attribute__((noinline)) static void on_fiber(void) {
  burn_on_little();
  swapcontext(&fiber, &main_context);
}

__attribute__((noinline)) static void on_signal(int number) {
  (void)number;
  burn_on_little();
}

static size_t kernel_frame;
static void measure(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  uintptr_t below = (uintptr_t)((ucontext_t*)context)->uc_mcontext.gregs[REG_RSP];
  kernel_frame = below - (uintptr_t)__builtin_frame_address(0);
}

static volatile int is_behind;
static void* masked(void* unused) {
  uint64_t all = ~(uint64_t)0;
  syscall(SYS_rt_sigprocmask, 0, &all, 0, sizeof all);
  int64_t end = thread_cpu_ns() + 300000000;
  while (thread_cpu_ns() < end) burn_iterations(kSeldom);
  is_behind = 1;
  for (;;) pause();
  return unused;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "behind") == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, masked, 0);
    while (!is_behind) usleep(1000);
    argc = 1;
  }
  struct sigaction look = {.sa_sigaction = measure, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR2, &look, 0);
  raise(SIGUSR2);
  size_t size = argc > 1 ? (size_t)atol(argv[1]) : (kernel_frame + 768 + 15) & ~(size_t)15;
  getcontext(&fiber);
  fiber.uc_stack.ss_sp = guarded(size);
  fiber.uc_stack.ss_size = size;
  fiber.uc_link = 0;
  makecontext(&fiber, on_fiber, 0);
  swapcontext(&main_context, &fiber);

  // Two signals' frames: the host's and a tick's.
  stack_t alternate = {.ss_size = 2 * size};
  alternate.ss_sp = guarded(alternate.ss_size);
  sigaltstack(&alternate, 0);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, 0);
  raise(SIGUSR1);
  puts("done");
  return 0;
}
