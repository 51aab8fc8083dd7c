// The processor that this is built for: no other file names it.
#pragma once

#if defined(__x86_64__)
#include "env/sys/x86_64/arch.h"
#include "env/sys/x86_64/clean_state.h"
#include "env/sys/x86_64/private_stack.h"
#else
#error "only x86-64 so far: a port to another processor is a copy of env/sys/x86_64"
#endif
