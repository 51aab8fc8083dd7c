// Threads that burn when the program forbids, to all of them, what a handler returns by: a signal that
// still comes then is its death.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "burn.h"

static _Atomic int over;

static void* burning(void* unused) {
  while (!over) burn_iterations(100000);
  return unused;
}

int main(void) {
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, burning, 0);
  burn_iterations(20000000);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0) perror("seccomp");
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 200000000) burn_iterations(kSeldom);
  over = 1;
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  puts("alive");
  return 0;
}
