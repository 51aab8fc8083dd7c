#include "env/sys/x86_64/private_stack.h"

asm(R"(
  .pushsection .text
  .globl call_on_stack
  .hidden call_on_stack
  .type call_on_stack, @function
call_on_stack:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  mov %rsp, %rbp
  .cfi_def_cfa_register %rbp
  mov %rdi, %rsp
  mov %rdx, %rdi
  call *%rsi
  leave
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
  .size call_on_stack, .-call_on_stack
  .popsection
)");
