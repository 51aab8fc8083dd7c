/* Hand-written functions: with exact rules of all kinds, and without any. */
        .text

        .globl  step_enter, step_end
        .type   step_enter, @function
step_enter:
        .cfi_startproc
        .cfi_undefined rip
        mov     %rdi, %rsp
        mov     %rdx, %rdi
        xor     %ebp, %ebp
        int3
        call    *%rsi
step_end:
        int3
        hlt
        .cfi_endproc
        .size   step_enter, . - step_enter

/* void step::assembly(const Stacks&) */
        .globl  _ZN4step8assemblyERKNS_6StacksE
        .type   _ZN4step8assemblyERKNS_6StacksE, @function
_ZN4step8assemblyERKNS_6StacksE:
        .cfi_startproc
        call    with_pushes
        xor     %edi, %edi
        call    with_two_exits
        mov     $1, %edi
        call    with_two_exits
        call    with_enter
        call    with_an_expression
        call    with_another_register
        call    with_saved_in_register
        call    with_return_address_moved
        call    with_value_expression
        ret
        .cfi_endproc
        .size   _ZN4step8assemblyERKNS_6StacksE, . - _ZN4step8assemblyERKNS_6StacksE

        .type   with_pushes, @function
with_pushes:
        .cfi_startproc
        push    %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbp, 0
        push    %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset rbx, 0
        mov     $77, %ebp
        mov     $78, %ebx
        sub     $4096, %rsp
        .cfi_adjust_cfa_offset 4096
        pushf
        .cfi_adjust_cfa_offset 8
        pushq   $1
        .cfi_adjust_cfa_offset 8
        call    plain_leaf
        add     $16, %rsp
        .cfi_adjust_cfa_offset -16
        add     $4096, %rsp
        .cfi_adjust_cfa_offset -4096
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbx
        pop     %rbp
        .cfi_adjust_cfa_offset -8
        .cfi_restore rbp
        ret
        .cfi_endproc

        .type   with_two_exits, @function
with_two_exits:
        .cfi_startproc
        push    %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset rbp, -16
        mov     %rsp, %rbp
        .cfi_def_cfa_register rbp
        test    %edi, %edi
        jz      1f
        .cfi_remember_state
        call    plain_leaf
        pop     %rbp
        .cfi_restore rbp
        .cfi_def_cfa rsp, 8
        ret
1:      .cfi_restore_state
        sub     $24, %rsp
        call    plain_leaf
        leave
        .cfi_restore rbp
        .cfi_def_cfa rsp, 8
        ret
        .cfi_endproc

        .type   with_enter, @function
with_enter:
        .cfi_startproc
        enter   $32, $0
        .cfi_def_cfa rbp, 16
        .cfi_offset rbp, -16
        call    plain_leaf
        leave
        .cfi_def_cfa rsp, 8
        .cfi_restore rbp
        ret
        .cfi_endproc

/* CFA = the word at rsp, as in functions that keep their old stack pointer in memory. */
        .type   with_an_expression, @function
with_an_expression:
        .cfi_startproc
        lea     8(%rsp), %rax
        sub     $64, %rsp
        .cfi_def_cfa_offset 72
        and     $-64, %rsp
        .cfi_def_cfa rax, 0
        push    %rax
        /* DW_CFA_def_cfa_expression: breg7 0, deref */
        .cfi_escape 0x0f, 3, 0x77, 0, 0x06
        xor     %eax, %eax
        call    plain_leaf
        pop     %rax
        .cfi_def_cfa rax, 0
        lea     -8(%rax), %rsp
        .cfi_def_cfa rsp, 8
        ret
        .cfi_endproc

        .type   with_another_register, @function
with_another_register:
        .cfi_startproc
        push    %r12
        .cfi_def_cfa_offset 16
        .cfi_offset r12, -16
        mov     %rsp, %r12
        .cfi_def_cfa_register r12
        sub     $200, %rsp
        call    plain_leaf
        mov     %r12, %rsp
        .cfi_def_cfa_register rsp
        pop     %r12
        .cfi_restore r12
        .cfi_def_cfa_offset 8
        ret
        .cfi_endproc

/* rbp kept in r10 while it is used otherwise; r10 is not kept by calls, so there is none. */
        .type   with_saved_in_register, @function
with_saved_in_register:
        .cfi_startproc
        mov     %rbp, %r10
        .cfi_register rbp, r10
        xor     %ebp, %ebp
        nop
        mov     %r10, %rbp
        .cfi_restore rbp
        ret
        .cfi_endproc

/* The return address said to be in a register, then at another place on the stack. */
        .type   with_return_address_moved, @function
with_return_address_moved:
        .cfi_startproc
        mov     (%rsp), %r11
        .cfi_register rip, r11
        nop
        sub     $24, %rsp
        .cfi_def_cfa_offset 32
        mov     %r11, (%rsp)
        .cfi_offset rip, -32
        xor     %r11d, %r11d
        nop
        add     $24, %rsp
        .cfi_def_cfa_offset 8
        .cfi_offset rip, -8
        ret
        .cfi_endproc

/* rbx is said by DW_CFA_val_expression (breg12 -1), rbp by DW_CFA_expression (breg7 8). */
        .type   with_value_expression, @function
with_value_expression:
        .cfi_startproc
        push    %r12
        .cfi_def_cfa_offset 16
        .cfi_offset r12, -16
        push    %rbp
        .cfi_def_cfa_offset 24
        sub     $8, %rsp
        .cfi_def_cfa_offset 32
        .cfi_escape 0x10, 6, 2, 0x77, 8
        lea     1(%rbx), %r12
        .cfi_escape 0x16, 3, 2, 0x7c, 0x7f
        xor     %ebx, %ebx
        mov     $3, %ebp
        call    plain_leaf
        lea     -1(%r12), %rbx
        .cfi_restore rbx
        add     $8, %rsp
        .cfi_def_cfa_offset 24
        .cfi_offset rbp, -24
        pop     %rbp
        .cfi_def_cfa_offset 16
        .cfi_restore rbp
        pop     %r12
        .cfi_def_cfa_offset 8
        .cfi_restore r12
        ret
        .cfi_endproc

        .type   plain_leaf, @function
plain_leaf:
        .cfi_startproc
        mov     $1, %eax
        ret
        .cfi_endproc

/* void step::assembly_without_rules(const Stacks&): callees with no rules and no frame pointer */
        .globl  _ZN4step22assembly_without_rulesERKNS_6StacksE
        .type   _ZN4step22assembly_without_rulesERKNS_6StacksE, @function
_ZN4step22assembly_without_rulesERKNS_6StacksE:
        .cfi_startproc
        call    leaf_without_rules
        call    pusher_without_rules
        ret
        .cfi_endproc

/* void step::assembly_frame_pointer(const Stacks&) */
        .globl  _ZN4step22assembly_frame_pointerERKNS_6StacksE
        .type   _ZN4step22assembly_frame_pointerERKNS_6StacksE, @function
_ZN4step22assembly_frame_pointerERKNS_6StacksE:
        .cfi_startproc
        push    %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset rbp, -16
        mov     %rsp, %rbp
        .cfi_def_cfa_register rbp
        call    frame_pointer_without_rules
        pop     %rbp
        .cfi_restore rbp
        .cfi_def_cfa rsp, 8
        ret
        .cfi_endproc

        .type   leaf_without_rules, @function
leaf_without_rules:
        mov     $1, %eax
        lea     1(%rax), %rax
        ret
        .size   leaf_without_rules, . - leaf_without_rules

        .type   pusher_without_rules, @function
pusher_without_rules:
        push    %rbx
        mov     $1, %ebx
        call    leaf_without_rules
        pop     %rbx
        ret
        .size   pusher_without_rules, . - pusher_without_rules

        .type   frame_pointer_without_rules, @function
frame_pointer_without_rules:
        push    %rbp
        mov     %rsp, %rbp
        sub     $16, %rsp
        call    plain_leaf
        leave
        ret
        .size   frame_pointer_without_rules, . - frame_pointer_without_rules

        .section .note.GNU-stack, "", @progbits
