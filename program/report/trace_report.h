// What `go tool trace` derives of a trace, as profiles: where threads were blocked and for how
// long, and how long they took to run again after they were woken.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "program/profiles/profile.h"

namespace program {

// Named "sync", "io", "syscall" and "sched"; a stack is its wait's. False if the bytes are damaged.
bool report_of_trace(const std::string& bytes,
                     std::vector<std::pair<std::string, Profile>>* profiles);

}  // namespace program
