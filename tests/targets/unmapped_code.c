// Code that no object holds is made before any constructor runs. It calls a function that takes the
// code away, allocates and burns CPU with the address of its caller on the stack, and leaves by a
// jump.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "burn.h"

enum { kPage = 4096 };
static unsigned char* code;
static jmp_buf start;
void* volatile sink;

static void make(int argc, char** argv, char** environment) {
  // call *%rdi; ret, in a frame without a frame pointer.
  static const unsigned char calls[] = {0x48, 0x83, 0xec, 8, 0xff, 0xd7, 0x48, 0x83, 0xc4, 8, 0xc3};
  (void)argc, (void)argv, (void)environment;
  code = mmap(NULL, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code != MAP_FAILED) memcpy(code, calls, sizeof calls);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char**,
                                                                            char**) = make;

__attribute__((noinline)) void burns_without_caller(void) {
  munmap(code, kPage);
  for (int i = 0; i < 100; i++) {
    free(sink = malloc(5003));
    burn_iterations(2000000);
  }
  longjmp(start, 1);
}

int main(void) {
  if (code == MAP_FAILED) return 1;
  if (setjmp(start) == 0) ((void (*)(void (*)(void)))(uintptr_t)code)(burns_without_caller);
  puts("done");
  return 0;
}
