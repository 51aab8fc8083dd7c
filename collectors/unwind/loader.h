// What the dynamic loader gives without a lock: the object at an address, and the objects that the
// program began with, which no call can unload.
#pragma once

#include <link.h>

#include <cstdint>

#include "collectors/unwind/elf_image.h"
#include "env/sys/compiler/attributes.h"

namespace loader {

// As <dlfcn.h> has it from glibc 2.35 on; our own, since the function is looked up at run time.
struct FoundObject {
  unsigned long long flags;
  void* map_start;  // of the object, but of the segment where an object has holes
  void* map_end;
  link_map* map;
  void* eh_frame_hdr;
  unsigned long long reserved[7];
};

// Finds the loader's function, and notes the objects of the program's beginning at the first call.
// Context: start.
void start();

// The object that holds `pc`; false if none does, or before glibc 2.35. Context: any.
bool find(uint64_t pc, FoundObject* found) SIGNAL_SAFE;

// The segments of an object; false if they are not known. The extent of an object comes from these
// alone: `find` gives one segment of a program that has holes between its segments. Context: any.
bool image_of(const FoundObject& found, ElfImage* image) SIGNAL_SAFE;
bool image_of(const link_map& map, ElfImage* image) SIGNAL_SAFE;

// From the first to the last of an object's segments. Another object may lie in a hole.
struct Bounds {
  uint64_t start, end;
  bool hold(uint64_t address) const { return address - start < end - start; }
};
// Empty if it is not known. Context: any.
Bounds bounds_of(const link_map& map) SIGNAL_SAFE;

// An address in an object's dynamic section: the loader has turned most of them into addresses in
// place. 0 if it is neither so nor as in the file. Context: any.
inline uint64_t address_in(const link_map& map, const Bounds& bounds, uint64_t value) SIGNAL_SAFE {
  if (bounds.hold(value)) return value;
  return bounds.hold(value + map.l_addr) ? value + map.l_addr : 0;
}

// Context: any.
bool is_initial(const link_map* map) SIGNAL_SAFE;
// True if the program runs under valgrind, which knows no children that share our memory.
bool is_valgrind() SIGNAL_SAFE;
// Null from the end on.
const link_map* initial(unsigned index) SIGNAL_SAFE;

}  // namespace loader
