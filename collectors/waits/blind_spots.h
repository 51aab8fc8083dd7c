// Runtimes in this process whose threads wait past libc, where no interposer sees them.
#pragma once

#include "env/sys/text.h"

namespace blind_spots {

// A line for each, for the comments; nothing where it says so already. Context: cold.
void note(text::Builder& out);

}  // namespace blind_spots
