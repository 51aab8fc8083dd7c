// The functions below ours: what a call would have reached without the profiler, whichever
// allocator or library the host put there. Found by RTLD_NEXT, once.
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <threads.h>

// Found by its distance, not through the GOT: no code outside the library can name it.
#pragma GCC visibility push(hidden)
namespace real {

// Null until resolve() has run.
#define REAL(result, name, parameters) extern result(*name) parameters;
#include "env/sys/real.def"
#undef REAL

// For actions of our own: libc's function, past interposers whose runtime may not have begun
// (LeakSanitizer's fails then). Context: after resolve().
inline int set_own_action(int number, const struct sigaction* action, struct sigaction* old) {
  return (__sigaction != nullptr ? __sigaction : sigaction)(number, action, old);
}

// A definition behind ours that has this version, null if there is none. Context: start.
const void* of_version(const char* name, const char* version);

// Looks all of them up; at the first call of any interposer or in the constructor, whichever comes
// first. While it runs, dlsym may allocate: is_resolving() is then true on this thread.
// Context: not in a handler.
void resolve();
bool is_resolved();
bool is_resolving();

// Memory for what allocates while the allocator below is not known yet. Never freed.
void* bootstrap_allocate(size_t size, size_t alignment);
bool is_bootstrap(const void* p);
bool bootstrap_was_used();
size_t bootstrap_size(const void* p);

}  // namespace real
#pragma GCC visibility pop
