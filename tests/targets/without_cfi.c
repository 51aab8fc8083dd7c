// Burns below a frame that no unwind table tells of, with different values in rbp, while it holds
// files, a pipe and a socket of its own; says whether they are as it left them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "burn.h"

// call_without_cfi(function, rbp)
__asm__(
    ".text\n.type call_without_cfi, @function\ncall_without_cfi:\n"
    "push %rbp\n push %rbx\n sub $40, %rsp\n mov %rsi, %rbp\n call *%rdi\n"
    "add $40, %rsp\n pop %rbx\n pop %rbp\n ret\n"
    ".size call_without_cfi, .-call_without_cfi\n");
void call_without_cfi(void (*function)(void), const void* rbp);

// A round without the kernel, so that samples are of this frame.
__attribute__((noinline)) void burn_below(void) {
  burn_iterations(50000);
  __asm__ volatile("");
}

static const char kText[] = "what the host wrote";
static int files[8], ends[2], sockets[2];

static void open_files(void) {
  closefrom(3);
  for (int i = 0; i < 8; i++) {
    files[i] = memfd_create("own", 0);
    if (write(files[i], kText, sizeof kText) != sizeof kText) abort();
    lseek(files[i], i, SEEK_SET);
  }
  if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) abort();
  if (write(ends[1], kText, 7) != 7 || write(sockets[0], kText, 5) != 5) abort();
}

static int changed(void) {
  int count = 0, waiting = 0;
  char text[sizeof kText];
  for (int i = 0; i < 8; i++) {
    count += lseek(files[i], 0, SEEK_CUR) != i;
    count += lseek(files[i], 0, SEEK_END) != sizeof kText;
    count += pread(files[i], text, sizeof text, 0) != sizeof text || memcmp(text, kText, sizeof text);
  }
  count += ioctl(ends[0], FIONREAD, &waiting) != 0 || waiting != 7;
  count += ioctl(sockets[1], FIONREAD, &waiting) != 0 || waiting != 5;
  const int next = open("/dev/null", O_RDONLY);
  return count + (next != sockets[1] + 1);
}

int main(void) {
  open_files();
  char* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  // Nothing; not mapped; the end of what is; on the stack, upside down; not an address; odd.
  char here;
  const void* const values[] = {0,          page + 4096,         page + 4088,
                                &here - 512, (void*)(-1ul << 40), &here + 3};
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 500000000) {
    for (int i = 0; i < 6; i++) call_without_cfi(burn_below, values[i]);
  }
  printf("%d changed\n", changed());
  return 0;
}
