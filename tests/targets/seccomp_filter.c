// Forbids itself all but a dozen system calls, then allocates, reads what another thread writes, and
// waits for a lock that it holds; any other call kills it.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(name) \
  {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_##name}, {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}

static int ends[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

// Not under the filter, which is its thread's alone.
static void* gives(void* unused) {
  for (int i = 0; i < 20; i++) {
    pthread_mutex_lock(&mutex);
    usleep(2000);
    pthread_mutex_unlock(&mutex);
    write(ends[1], "x", 1);
    usleep(2000);
  }
  return unused;
}

int main(int argc, char** argv) {
  struct sock_filter filter[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)},
      ALLOW(read), ALLOW(write), ALLOW(brk), ALLOW(mmap), ALLOW(munmap), ALLOW(exit_group),
      ALLOW(rt_sigreturn), ALLOW(newfstatat), ALLOW(fstat), ALLOW(getrandom), ALLOW(mprotect),
      ALLOW(mremap), ALLOW(exit), ALLOW(futex),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  void* volatile before = malloc(1009);
  pthread_t giver;
  char byte;
  (void)before;
  if (pipe(ends) != 0 || pthread_create(&giver, NULL, gives, NULL) != 0) return 1;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (argc > 1 && argv[1][0] == 's') {
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
  } else {
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  }
  for (int i = 0; i < 20000; i++) {
    void* volatile block = malloc((size_t)i);
    (void)block;
  }
  for (int i = 0; i < 20; i++) {
    if (read(ends[0], &byte, 1) != 1) return 2;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  }
  write(1, "alive\n", 6);
  return 0;
}
