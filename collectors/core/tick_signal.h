// The signal that ticks come by, and whose it is: ours until the host asks for it.
#pragma once

#include <signal.h>

namespace tick_signal {

using Handler = void (*)(int, siginfo_t*, void*);

// Takes a signal that nobody has an action for; false if somebody has (a program may also be
// started with one ignored). Context: start; the host's thread that asked for the one we had.
bool take(int number, Handler handler);
// The highest real-time signal that is free, but not `but_not`; false (with a line said) if none
// is.
bool take_real_time(int but_not, Handler handler);

// The signal is never blocked while ticks come by it; a host that blocks it goes on to believe so
// (thread_state.believes_blocked: its number). Of the calling thread:
// It may have it blocked in truth (born so, or by a system call of its own). Context: any.
void unblock_here();
// What the host believes of the signal is made true: for another program image, which inherits it,
// and for a host that takes the signal. False if there was nothing to do. Context: any.
bool block_as_believed();

// The signal whose action is ours, 0: none. Context: any.
int held();
// Its action as the host sees it. Context: sigaction and signal, before the real call.
struct sigaction* action_of_host();

// It is ours no more: returns its number (0: none was). Its action is still ours until give_back:
// ticks on their way must not meet the default, which is death.
int let_go();
void give_back(int number, const struct sigaction& action);

// For a signal that is none of our ticks: it is the host's, who may die of it as it would have.
// Context: signal handler.
void pass_on(int number, siginfo_t* info, void* context);

}  // namespace tick_signal
