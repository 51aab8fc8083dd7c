// Stacks for bench_walk, in an object of their own (the walk leaves its own object's frames out):
// every frame another function. With and without frame pointers.
#pragma once

using Leaf = void (*)();

constexpr int kDepths[] = {10, 30, 60};
// What a stack has besides: the leaf, at_depth, main, two of libc, _start.
constexpr int kOtherFrames = 6;

// Calls `leaf` below so many functions that the whole stack has kDepths[index] frames.
void at_depth(int index, Leaf leaf);
void at_depth_with_frame_pointers(int index, Leaf leaf);
