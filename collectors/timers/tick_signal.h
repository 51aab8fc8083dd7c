// The signal of the ticks, and what the host sees of it.
//
// SIGURG where it is free: its default is to be ignored, so a host that resets its action by a
// system call of its own does not die of a tick, and debuggers pass it on. Else the highest free
// real-time signal (docs/decisions/0003-cpu-signal-sources.md). A signal that the host uses is the
// host's.
#pragma once

#include <signal.h>

#include "env/sys/text.h"

namespace tick_signal {

using Handler = void (*)(int, siginfo_t*, void*);

// Takes this signal if its action is the default; a program may also be started with one ignored.
// Context: start; a thread that has just let go of one.
bool take(int number, Handler handler);
// SIGURG, else the highest real-time signal, of those that are free and that the host never used.
// False (with a line said) if there is none.
bool take_free(Handler handler);
// Never takes this one. Context: start.
void leave(int number);

// The signal of ticks, 0: none. Context: any.
int held();
// The action of this signal is ours: it is held, or was (see keep_pending). Context: any.
bool is_ours(int number);
// The host's action for a signal that is ours. Context: sigaction and signal, before the real call.
struct sigaction* action_of_host(int number);
// The kernel has our action for it. Context: any.
bool is_installed(int number);
// False in a child that shares or copied this memory without fork()'s handlers: it has actions of
// its own, and the memory that describes them is its parent's. Context: any.
bool is_owner();
// Context: forked child.
void inherit();

// What a system call of the host's own has made of the action of the signal that is held.
enum class Fate {
  kOurs,   // nothing
  kReset,  // the default, which the host believed in before: it is ours again, its timers may be
           // dead
  kTaken,  // another action: it is the host's from here on
};
Fate settle_fate();
// For the comments: which signal, and whether the host changed its action.
void note(text::Builder& out, bool by_one_timer);

// The signal is never blocked while it is the signal of ticks. A host that blocks it goes on to
// believe so (thread_state.believes_blocked: its number). Unblocks it for the calling thread, which
// may have it blocked in truth (born so, or by a system call of its own). Context: any.
void unblock_here();
// The same for the mask that a handler returns to.
void unblock_after(void* context);
// Makes true what the host believes of the signal: for another program image, which inherits it,
// and for a host that takes the signal. False if there was nothing to do. Context: any.
bool block_as_believed();

// It is no longer the signal of ticks: returns its number (0: none was). Its action is still ours
// until give_back, because ticks on their way must not meet a real-time signal's default.
int let_go();
void give_back(int number);

// For a signal that is none of our ticks: it gets the host's action. Context: its handler.
void pass_on(int number, siginfo_t* info, void* context);
// The host believes that this thread blocks it: from here on it does, and the signal waits for a
// thread that takes it (sigwait, signalfd). Our action stays, for the other threads that believe
// the same. Context: its handler.
void keep_pending(int number, const siginfo_t* info, void* context);

}  // namespace tick_signal
