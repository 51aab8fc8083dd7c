// Where CPU time goes: a tick of a CPU timer, the stack that it interrupted.
//
// A timer for each thread, on the highest real-time signal that nobody uses, so that the host keeps
// SIGPROF and ITIMER_PROF. The process timer only where PROFILER_CPU_CLOCK=itimer asks for it: it
// loses ticks on a busy machine (docs/decisions/0003-cpu-signal-sources.md).
#pragma once

struct Thread;

namespace cpu {

// The calling thread begins, or ends, under this record. Context: the thread itself.
void thread_began(Thread& thread);
void thread_ending(Thread& thread);

// Takes the signal of the ticks where nobody holds it yet, for those who ask threads by it
// (core/roll_call.h); it stays taken. False (with a line said) if none is to be had. Context:
// start.
bool hold_signal();

// Gives the signal that is held (core/tick_signal.h) and the process timer to the host, the signal
// with the action that it had; goes on by another real-time signal. Context: sigaction, signal,
// setitimer.
void yield_signal();
// True if ITIMER_PROF is ours.
bool holds_process_timer();

}  // namespace cpu
