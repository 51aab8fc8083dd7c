// What was found out about the program's allocators at the start (allocators.h), as profiles say
// it.
#pragma once

namespace allocators {

enum class Finding { kUsual, kInProgram, kBeforeUs };
// Written at the start alone.
extern Finding finding;
extern bool says_trouble;

// The malloc that the host's calls reach, past ours; null if no object has one. Context: start.
const void* malloc_in_use();

// What was found, for the comments: what is missing from the profile, and what is only to be known.
// Null: nothing. Context: any.
const char* trouble();
const char* circumstance();
// One line on stderr, once, if something is missing. Context: the end.
void say_trouble();

}  // namespace allocators
