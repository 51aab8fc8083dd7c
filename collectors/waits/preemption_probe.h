// Whether a thread has left the processor since a moment: without it there was no wait, and a call
// that could have waited need not be timed.
//
// The kernel clears the rseq_cs of a thread's restartable-sequences area (registered by glibc 2.35
// and newer) when the thread comes back to a processor outside the section that it names. So an
// empty section is named before a call, and looked for after it. A signal (a tick), or another
// thread that wants the processor, clears it too: whether the thread gave it up is the count of its
// voluntary switches, which is asked for only then.
#pragma once

#include <cstdint>

#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"

namespace preemption_probe {

// Where the area lies from the thread pointer, and its size (glibc's __rseq_offset and
// __rseq_size). Without it, or where the kernel does not do as is said above (seen by a sleep of
// 0.1 ms), every call may have waited. Context: start.
void use(int64_t area_offset, uint32_t area_size);

// The offset of rseq_cs from the thread pointer; 0: there is none.
HIDDEN extern int64_t section_offset;
// The kernel's struct rseq_cs.
struct alignas(32) Section {
  uint32_t version, flags;
  uint64_t start, size;
  const char* way_out;
};
HIDDEN extern const Section empty_section;

inline volatile uint64_t* section_of_thread() {
  return reinterpret_cast<volatile uint64_t*>(arch::thread_pointer() +
                                              static_cast<uint64_t>(section_offset));
}

// Context: any; the calling thread's own.
inline void mark() SIGNAL_SAFE {
  if (section_offset != 0) *section_of_thread() = reinterpret_cast<uint64_t>(&empty_section);
}

// Whether it may have since mark(); true where that is unknown. Context: as above.
inline bool left() SIGNAL_SAFE {
  if (section_offset == 0) return true;
  volatile uint64_t* section = section_of_thread();
  if (*section != reinterpret_cast<uint64_t>(&empty_section)) return true;
  *section = 0;
  // The number of the processor lies below; negative: the kernel knows nothing of this area.
  return reinterpret_cast<volatile int32_t*>(arch::thread_pointer() +
                                             static_cast<uint64_t>(section_offset))[-1] < 0;
}

// How often the calling thread has given the processor up, to wait, and how often it was preempted;
// its CPU time up to when it last left, or a tick came. Context: any.
struct Use {
  uint64_t given_up, displaced, cpu_ns;
};
Use use_of_thread() SIGNAL_SAFE;

}  // namespace preemption_probe
