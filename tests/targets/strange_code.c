// Burns CPU in code that has no unwind rules, where a guess at its caller must not read: with rbp
// in memory that cannot be read, of the thread's own stack; and below text that is executable only.
// And in a function with rules, whose frame pointers go round in a ring.
// usage: strange_code thread|limit|unreadable|jits|ring
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { kPage = 4096 };
static const long kTurns = 700000000;

void spin_with_rbp(unsigned long rbp, long turns);
void spin_below_call(long turns);
void spin_in_ring(void* frame, long turns);
extern char behind_call_of_ring[];
__asm__(
    ".pushsection .text\n.p2align 12\n.globl spin_with_rbp\n.type spin_with_rbp, @function\n"
    "spin_with_rbp: push %rbp\n push $0\n push $0\n mov %rdi, %rbp\n"
    "1: dec %rsi\n jnz 1b\n add $16, %rsp\n pop %rbp\n ret\n"
    ".size spin_with_rbp, .-spin_with_rbp\n"
    ".p2align 12\n.globl spin_below_call\n.type spin_below_call, @function\n"
    "spin_below_call: .cfi_startproc\n push %rbx\n.cfi_adjust_cfa_offset 8\n call 2f\n pop %rbx\n"
    ".cfi_adjust_cfa_offset -8\n ret\n.cfi_endproc\n.size spin_below_call, .-spin_below_call\n"
    "2: dec %rdi\n jnz 2b\n ret\n.p2align 12\n"
    ".globl spin_in_ring, behind_call_of_ring\n.type spin_in_ring, @function\n"
    "spin_in_ring: .cfi_startproc\n push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset 6, -16\n"
    " mov %rsp, %rbp\n.cfi_def_cfa_register 6\n mov %rdi, %rbp\n3: dec %rsi\n jnz 3b\n"
    " mov %rsp, %rbp\n jmp 4f\n call spin_in_ring\nbehind_call_of_ring: nop\n"
    "4: pop %rbp\n.cfi_def_cfa 7, 8\n ret\n.cfi_endproc\n.size spin_in_ring, .-spin_in_ring\n"
    ".popsection\n");

// With zones on its stack that no code may touch, as some runtimes have them.
static void* in_thread(void* unused) {
  (void)unused;
  pthread_attr_t attributes;
  void* low;
  size_t size;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &low, &size);
  mprotect((char*)low + 4 * kPage, 4 * kPage, PROT_NONE);
  spin_with_rbp((unsigned long)low + 5 * kPage, kTurns);
  mprotect((char*)low + 4 * kPage, 4 * kPage, PROT_READ | PROT_WRITE);
  return 0;
}

static unsigned char* code;
__attribute__((noinline)) void runtime_inner(void) {
  ((void (*)(void*, long))(uintptr_t)code)(0, kTurns);
}
__attribute__((noinline)) void runtime_outer(void) {
  runtime_inner();
}

// Each frame's caller is the other one.
static void ring(void) {
  void* frames[2][2];
  frames[0][0] = frames[1], frames[1][0] = frames[0];
  frames[0][1] = frames[1][1] = behind_call_of_ring;
  spin_in_ring(frames, kTurns);
}

// Made code without a frame pointer calls a function, which calls made code that spins.
static void jits(void) {
  static const unsigned char spins[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0xff,
                                        0xce, 0x75, 0xfb, 0x5d, 0xc3};
  static const unsigned char calls[] = {0x55, 0xbd, 1, 0, 0, 0, 0xff, 0xd7, 0x5d, 0xc3};
  code = mmap(0, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(code, spins, sizeof spins);
  memcpy(code + 256, calls, sizeof calls);
  ((void (*)(void (*)(void)))(uintptr_t)(code + 256))(runtime_outer);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "thread") == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, in_thread, 0);
    pthread_join(thread, 0);
  } else if (strcmp(what, "limit") == 0) {
    struct rlimit limit;
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = 1 << 20;
    setrlimit(RLIMIT_STACK, &limit);
    unsigned long here = (unsigned long)__builtin_frame_address(0);
    spin_with_rbp((here & ~4095ul) - (4 << 20), kTurns);
  } else if (strcmp(what, "unreadable") == 0) {
    // Without protection keys it stays readable: nothing to see then.
    mprotect((void*)((unsigned long)spin_below_call & ~4095ul), kPage, PROT_EXEC);
    spin_below_call(kTurns);
  } else if (strcmp(what, "ring") == 0) {
    ring();
  } else {
    jits();
  }
  puts("done");
  return 0;
}
