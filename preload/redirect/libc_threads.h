// Threads that libc makes for itself, which then call the host: notifications by SIGEV_THREAD
// (timers, aio, lio_listio, getaddrinfo_a), and getaddrinfo_a's own.
#pragma once

namespace libc_threads {

// Leads free, as libc calls it, by way of us: such a thread frees what it was given before it calls
// the host, and no call that could be interposed comes sooner. Context: start, after all that
// changes where free leads.
void watch();

}  // namespace libc_threads
