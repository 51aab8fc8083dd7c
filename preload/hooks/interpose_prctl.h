// prctl, by libc's function or by syscall(): what a program forbids itself ends what of ours would
// end the program.
#pragma once

namespace interpose_prctl {

// As prctl, errno too.
int call(int operation, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

}  // namespace interpose_prctl
