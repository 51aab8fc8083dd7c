// Forbids itself all but a dozen system calls, then allocates; any other call kills it.
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(name) \
  {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_##name}, {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}

int main(int argc, char** argv) {
  struct sock_filter filter[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)},
      ALLOW(read), ALLOW(write), ALLOW(brk), ALLOW(mmap), ALLOW(munmap), ALLOW(exit_group),
      ALLOW(rt_sigreturn), ALLOW(newfstatat), ALLOW(fstat), ALLOW(getrandom), ALLOW(mprotect),
      ALLOW(mremap), ALLOW(exit), ALLOW(futex),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  void* volatile before = malloc(1009);
  (void)before;
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
  write(1, "alive\n", 6);
  return 0;
}
