// CPU time from before the recording: what env/image_start.h finds.
#pragma once

#include <cstdint>

namespace cpu {

struct Before {
  uint64_t used_ns = 0;    // by the process, all its images
  bool is_known = false;   // the next two
  uint64_t loader_ns = 0;  // since the exec
  uint64_t unsaid_ns = 0;  // by the image before this one, which wrote no file
};

// In rows of their own, if the mode is recorded now. Context: start.
void record_before(const Before& found);
// The parent's is not this process's. Context: forked child.
void forget_before();

}  // namespace cpu
