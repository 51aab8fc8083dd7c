// Preloaded behind the library: on SIGRTMIN+3 says what is open ("kind-or-path" a line) in the file
// DESCRIPTORS and ends the process by _exit. With the kernel's calls alone: nothing of it is counted.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char path[4096], text[1 << 20];

static void on_signal(int number) {
  size_t used = 0;
  (void)number;
  for (int n = 0; n < 65536; n++) {
    char link[32];
    if (syscall(SYS_fcntl, n, F_GETFD) < 0) continue;
    snprintf(link, sizeof link, "/proc/self/fd/%d", n);
    const ssize_t size = readlink(link, text + used, 4096);
    if (size < 0 || used > sizeof text - 8192) break;
    used += size;
    text[used++] = '\n';
  }
  const int out = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (syscall(SYS_write, out, text, used) < 0) abort();
  syscall(SYS_close, out);
  _exit(0);
}

__attribute__((constructor)) static void begin(void) {
  const char* descriptors = getenv("DESCRIPTORS");
  if (descriptors == NULL) return;
  snprintf(path, sizeof path, "%s.%d", descriptors, getpid());
  signal(SIGRTMIN + 3, on_signal);
}
