#include "tests/bench/walk_frames.h"

#define USED(value) asm volatile("" : : "g"(value) : "memory")

namespace {

// Saves registers and takes room as real functions do, each its own.
template <int N>
__attribute__((noinline)) void level(Leaf leaf) {
  volatile char room[8 + N * 24 % 200];
  room[0] = N;
  asm volatile("" : : : "rbx", "r12");
  if constexpr (N % 3 == 0) asm volatile("" : : : "r13", "r14");
  if constexpr (N == 1) {
    leaf();
  } else {
    level<N - 1>(leaf);
  }
  USED(room);
}

template <int N>
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void framed(Leaf leaf) {
  volatile char room[8 + N * 24 % 200];
  room[0] = N;
  if constexpr (N == 1) {
    leaf();
  } else {
    framed<N - 1>(leaf);
  }
  USED(room);
}

template <int Index>
constexpr int kLevels = kDepths[Index] - kOtherFrames;

}  // namespace

void at_depth(int index, Leaf leaf) {
  constexpr void (*entries[])(Leaf) = {level<kLevels<0>>, level<kLevels<1>>, level<kLevels<2>>};
  entries[index](leaf);
  USED(leaf);
}

void at_depth_with_frame_pointers(int index, Leaf leaf) {
  constexpr void (*entries[])(Leaf) = {framed<kLevels<0>>, framed<kLevels<1>>, framed<kLevels<2>>};
  entries[index](leaf);
  USED(leaf);
}
