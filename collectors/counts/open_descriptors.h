// The descriptors of this process, as /proc has them.
#pragma once

#include <string_view>

namespace open_descriptors {

// Calls visit(number, link) for each but the one that this takes for its own use; `link` says what
// it is of ("/etc/passwd", "socket:[4711]"), empty where that is not known. False if /proc cannot
// be read. Context: cold, one thread at a time.
bool each(void (*visit)(int number, std::string_view link));

}  // namespace open_descriptors
