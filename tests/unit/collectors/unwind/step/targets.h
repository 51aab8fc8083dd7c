// Functions that are stepped through instruction by instruction, in objects of their own: the same
// sources are built in several ways and loaded with lazy binding.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace step {

// The stacks that stepped code runs on: shared between tracer and stepped process, so that the
// tracer walks the very memory that the code pushes to.
class Stacks {
 public:
  enum Name : unsigned { kMain, kAlternate, kFiber, kOtherFiber, kCount };
  static constexpr size_t kSize = size_t{256} << 10;

  Stacks()
      : memory_(mmap(nullptr, kCount * kSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0)) {}
  ~Stacks() { munmap(memory_, kCount * kSize); }
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;

  bool are_there() const { return memory_ != MAP_FAILED; }
  char* low(unsigned name) const { return static_cast<char*>(memory_) + name * kSize; }
  char* high(unsigned name) const { return low(name) + kSize; }
  // kCount: none of these.
  unsigned holding(uint64_t address) const {
    const uint64_t offset = address - reinterpret_cast<uint64_t>(memory_);
    return offset < kCount * kSize ? static_cast<unsigned>(offset / kSize) : unsigned{kCount};
  }

 private:
  void* memory_;
};

struct Target {
  const char* name;
  void (*run)(const Stacks&);
  // Mostly code of libc or libgcc: one way to build it is enough.
  bool is_of_libraries;
};

// What an object exports, under these names.
extern "C" {
// Ends with a nameless row.
extern const Target step_targets[];
// Calls `run` on `stack` behind an int3 and goes no further than step_end.
[[noreturn]] void step_enter(void* stack, void (*run)(const Stacks&), const Stacks* stacks);
extern const char step_end[];
// For signals that the tracer sends; short.
void step_handler(int);
}

// The files of which the list is made.
void nested(const Stacks&);
void with_frame_pointer(const Stacks&);
void with_alloca(const Stacks&);
void realigned(const Stacks&);
void realigned_alloca(const Stacks&);
void many_registers(const Stacks&);
void large_frame(const Stacks&);
void red_zone(const Stacks&);
void switched(const Stacks&);
void cold_split(const Stacks&);
void many_arguments(const Stacks&);
void sibling_calls(const Stacks&);
void noreturn_at_end(const Stacks&);
void thread_local_dynamic(const Stacks&);
void assembly(const Stacks&);
void assembly_without_rules(const Stacks&);
void assembly_frame_pointer(const Stacks&);
void strings(const Stacks&);
void libc_at_large(const Stacks&);
void clocks(const Stacks&);
void handler(const Stacks&);
void handler_on_other_stack(const Stacks&);
void handler_left_by_jump(const Stacks&);
void fibers(const Stacks&);
void other_processes(const Stacks&);
void throwing(const Stacks&);

}  // namespace step
