// What stands before the calls that wait for signals.
#pragma once

#include <signal.h>

#include <string_view>

namespace interpose_sigmask {

// sigprocmask as the host sees it.
int change(int how, const sigset_t* set, sigset_t* old);

// For sigwait and its kin a function that passes over our ticks and goes on to `next`; for others
// `next`. Context: where a call's next definition is found.
const void* put_before_next(std::string_view name, const void* next);

}  // namespace interpose_sigmask
