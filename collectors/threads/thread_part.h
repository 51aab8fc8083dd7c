// What one subsystem keeps in each thread's record, found without knowing the others' parts.
#pragma once

#include <cstdint>

struct Thread;  // collectors/threads/threads.h

namespace threads {

// A part's place in the record is its kPlace. collectors/life/thread.cc composes the record and
// says where each part lies.
template <typename Part>
Part& part(Thread& thread) {
  return *reinterpret_cast<Part*>(reinterpret_cast<char*>(&thread) + Part::kPlace);
}
template <typename Part>
const Part& part(const Thread& thread) {
  return *reinterpret_cast<const Part*>(reinterpret_cast<const char*>(&thread) + Part::kPlace);
}

}  // namespace threads
