// A thread by raw clone that uses libc, with its maker's thread block; the maker waits elsewhere.
// usage: shares_thread_block FILE: until that is there (or 300 s)
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile int after;

__attribute__((noinline)) int stranger_naps(void* end) {
  for (int i = 0; i < 300000 && access(end, F_OK) != 0; i++) usleep(1000);
  _exit(0);
}
__attribute__((noinline)) void maker_waits(void) {
  struct timespec time = {1000, 0};
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(SYS_nanosleep), "D"(&time), "S"(0)
                   : "rcx", "r11", "memory");
  after++;
}

int main(int argc, char** argv) {
  char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  clone(stranger_naps, stack + 65536,
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
        argv[argc - 1]);
  puts("done");
  fflush(stdout);
  maker_waits();
  return 0;
}
