// A question that must not harm the host, asked in a copy of the process: a lock that another
// thread holds, a damaged heap or an endless list ends the copy and not the host.
//
// The copy is made as fork makes it, without fork's handlers. It has no descriptor, no way to the
// host's signal handlers and raises no SIGCHLD, and it is gone when run() returns.
#pragma once

#include <cstddef>
#include <cstdint>

namespace copied_process {

// Room for what the copy finds out.
constexpr size_t kAnswerSize = 512;

// Calls work(answer) in a copy; true if it returned within the time, with what it left in `answer`.
// The copy is made in a time that grows with the host's memory (15 ms a GiB of small pages) and
// mappings. Context: cold; any thread, not in a vfork child.
bool run(void (*work)(void* answer), void* answer, size_t answer_size, uint64_t limit_ns);

}  // namespace copied_process
