// The last walk that was made in a buffer, so that the next one need not climb what has not
// changed.
//
// For each frame: where the walk stood, and where it read the caller's frame pointer. A frame that
// stands as it stood leads to the same caller if the words that were read are still the same; these
// words do not wait for each other, as those of a climb do. Nothing is believed: a stack that has
// changed, or another thread's, is climbed.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

struct LastWalk {
  struct Frame {
    uint64_t pc;  // with kFpKnown
    uint64_t sp, fp;
    uint64_t fp_slot;  // where the caller's fp was read; 0: it is this frame's
  };

  // Deeper frames are climbed each time.
  static constexpr unsigned kMaxFrames = 256;
  static constexpr uint64_t kFpKnown = uint64_t{1} << 63;
  // Between stretches, equal to no frame; the last one lies above all stacks.
  static constexpr Frame kGap{~uint64_t{0}, 0, 0, 0};
  static constexpr Frame kEnd{~uint64_t{0}, ~uint64_t{0}, 0, 0};

  Frame frames[2][kMaxFrames + 2];
  unsigned newest;      // the half that holds the last walk
  uint32_t generation;  // of the rows that it was made by; 0: none yet
};
