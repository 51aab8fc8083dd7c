// A program that changes the actions of signals past libc's sigaction, and says what it sees.
// usage: resets_actions call|instruction|threads|own|vfork
//   call, instruction: sets all to the default, by syscall() or by the instruction itself
//   threads: the latter; then a thread begins, and both burn
//   own: takes SIGURG by syscall() and gives it back; vfork: a child ignores SIGURG and executes
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

// The kernel's form.
struct action {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  unsigned long mask;
};

static long by_instruction(long number, const struct action* action, struct action* old) {
  long result;
  register long size __asm__("r10") = 8;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"((long)SYS_rt_sigaction), "D"(number), "S"(action), "d"(old), "r"(size)
                   : "rcx", "r11", "memory");
  return result;
}

__attribute__((noinline)) void burn_before(void) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 200000000) burn_iterations(kSeldom);
}
__attribute__((noinline)) void burn_after(void) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 200000000) burn_iterations(kSeldom);
}
__attribute__((noinline)) void burn_again(void) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 200000000) burn_iterations(kSeldom);
}
static void* burning(void* none) {
  burn_after();
  return none;
}

static void reset(int by_call) {
  const struct action none = {0};
  for (int number = 1; number <= 64; number++) {
    struct action old = {0};
    if (by_call) syscall(SYS_rt_sigaction, number, &none, &old, 8);
    else by_instruction(number, &none, NULL);
    if (old.handler != SIG_DFL || old.flags != 0) printf("%d was not the default\n", number);
  }
}

static volatile int handled;
static void on_signal(int number) {
  (void)number;
  handled++;
}

static void look(const char* when) {
  struct sigaction by_libc;
  struct action by_call;
  sigaction(SIGURG, NULL, &by_libc);
  syscall(SYS_rt_sigaction, SIGURG, NULL, &by_call, 8);
  printf("%s: %s, %s, handled %d\n", when, by_libc.sa_handler == on_signal ? "mine" : "default",
         by_call.handler == on_signal ? "mine" : "default", handled);
}

static void own(void) {
  struct action mine, old;
  // What the kernel returns to is libc's.
  signal(SIGUSR1, on_signal);
  syscall(SYS_rt_sigaction, SIGUSR1, NULL, &mine, 8);
  raise(SIGURG);
  look("at first");
  if (syscall(SYS_rt_sigaction, SIGURG, (void*)8, NULL, 8) == 0 || errno != EFAULT) puts("no EFAULT");
  if (syscall(SYS_rt_sigaction, SIGURG, NULL, (void*)8, 8) == 0 || errno != EFAULT) puts("no EFAULT");
  if (syscall(SYS_rt_sigaction, SIGURG, &mine, &old, 4) == 0 || errno != EINVAL) puts("no EINVAL");
  look("refused");
  if (syscall(SYS_rt_sigaction, SIGURG, &mine, &old, 8) != 0 || old.handler != SIG_DFL) puts("not the default");
  raise(SIGURG);
  look("taken");
  signal(SIGURG, SIG_DFL);
  raise(SIGURG);
  look("given back");
}

static void vfork_ignores(void) {
  const pid_t child = vfork();
  if (child == 0) {
    signal(SIGURG, SIG_IGN);
    execl("/bin/grep", "grep", "SigIgn", "/proc/self/status", (char*)NULL);
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  look("after vfork");
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "call";
  burn_before();
  if (strcmp(how, "own") == 0) own();
  else if (strcmp(how, "vfork") == 0) vfork_ignores();
  else reset(strcmp(how, "call") == 0);
  fflush(stdout);
  if (strcmp(how, "threads") == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, burning, NULL) != 0) return 1;
    burn_again();
    pthread_join(thread, NULL);
  } else {
    burn_after();
  }
  puts("alive");
  return 4;
}
