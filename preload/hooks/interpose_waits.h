// The interposers of calls that wait for threads, as the start sees them.
#pragma once

namespace interpose_waits {

// Finds the next definitions, which else the first calls do. Context: start.
void settle_mutexes();
void settle_rwlocks();
void settle_others();
void settle_c11();

// pthread_cond_wait, _timedwait, _signal and _broadcast have a form from before glibc 2.3.2, for
// conditions of its own, which programs of that time ask for by version: where those are to be led,
// null for all others. A slot's version is looked up only where its name has such a form. Context:
// start.
bool has_old_form(const char* name);
const void* old_form_of(const char* name, const char* version);

}  // namespace interpose_waits
