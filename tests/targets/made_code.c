// Burns CPU time in code that has no unwind rules, or below it. usage: made_code WAY
//   leaf        made at run time, without a frame pointer; prints the path of its perf map
//   trampoline  made at run time: calls what burns, with a frame as CPython's trampolines have it
//   framed      the same with a frame pointer, as its newer ones
//   simd        assembly whose frame pointer points to an aligned frame, beside a heap pointer
//   context     the first frame of a context whose return address no call has left
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "burn.h"

enum { kTurns = 300000000, kStack = 65536 };

void simd_kernel(long turns, void* data);
void begin_context(void* stack, void (*function)(void));
__asm__(
    ".pushsection .text\n.globl simd_kernel\n.type simd_kernel, @function\n"
    "simd_kernel: push %rbp\n mov %rsp, %rax\n sub $8, %rsp\n and $-32, %rsp\n mov %rax, (%rsp)\n"
    " mov %rsp, %rbp\n sub $64, %rsp\n mov %rsi, 8(%rbp)\n1: dec %rdi\n jnz 1b\n"
    " mov %rbp, %rsp\n pop %rsp\n pop %rbp\n ret\n.size simd_kernel, .-simd_kernel\n"
    ".globl begin_context\n.type begin_context, @function\n"
    "begin_context: push %rbp\n push %rbx\n mov %rsp, %rbx\n mov %rdi, %rsp\n push %rbx\n push "
    "%rbx\n"
    " lea 2f(%rip), %rbp\n push %rbp\n jmp *%rsi\n"
    "2: pop %rsp\n pop %rbx\n pop %rbp\n ret\n.size begin_context, .-begin_context\n"
    ".popsection\n");

__attribute__((noinline)) void burn(void) {
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < INT64_C(300000000)) burn_iterations(kSeldom);
}

__attribute__((noinline)) static void calls_made_code(const void* code) {
  ((void (*)(void (*)(void)))(uintptr_t)code)(burn);
  __asm__ volatile("");
}

__attribute__((noinline)) static void calls_simd(void) {
  simd_kernel(kTurns, malloc(100));
  __asm__ volatile("");
}

static void* made(const unsigned char* bytes, size_t size) {
  unsigned char* page =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) exit(3);
  memcpy(page, bytes, size);
  if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0) exit(3);
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
  FILE* map = fopen(path, "w");
  if (map == NULL) exit(4);
  fprintf(map, "%" PRIxPTR " %zx made_function\n", (uintptr_t)page, size);
  fclose(map);
  puts(path);
  return page;
}

int main(int argc, char** argv) {
  // mov $kTurns, %ecx; 1: dec %ecx; jnz 1b; ret
  static const unsigned char kLeaf[] = {0xb9, 0x00, 0xa3, 0xe1, 0x11, 0xff, 0xc9, 0x75, 0xfc, 0xc3};
  // sub $8, %rsp; call *%rdi; add $8, %rsp; ret
  static const unsigned char kTrampoline[] = {0x48, 0x83, 0xec, 8, 0xff, 0xd7,
                                              0x48, 0x83, 0xc4, 8, 0xc3};
  // push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret
  static const unsigned char kFramed[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
  const char* way = argc > 1 ? argv[1] : "";
  if (strcmp(way, "leaf") == 0) {
    calls_made_code(made(kLeaf, sizeof kLeaf));
  } else if (strcmp(way, "trampoline") == 0) {
    calls_made_code(made(kTrampoline, sizeof kTrampoline));
  } else if (strcmp(way, "framed") == 0) {
    calls_made_code(made(kFramed, sizeof kFramed));
  } else if (strcmp(way, "simd") == 0) {
    calls_simd();
  } else if (strcmp(way, "context") == 0) {
    begin_context((char*)aligned_alloc(16, kStack) + kStack, burn);
  } else {
    return 2;
  }
  return 0;
}
