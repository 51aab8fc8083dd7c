// The process that reads profiles and what the host's user chose: it has its socket and nothing
// else.
#pragma once

#include <cstdint>

namespace program {

// Answers kName until the socket closes or more than so many bytes are resident. Context: a process
// of its own, with its rights dropped already.
[[noreturn]] void work_as_namer(int socket, uint64_t most_resident_bytes);

// Starts one worker after the other, each when the broker wants it. Context: a process of its own.
[[noreturn]] void keep_workers(int control, uint64_t most_resident_bytes);

}  // namespace program
