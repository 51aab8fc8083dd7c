#include "preload/recorder/memory_facts.h"

#include <sys/auxv.h>

#include <atomic>

#include "collectors/threads/threads.h"
#include "collectors/unwind/objects.h"
#include "env/process_memory.h"
#include "preload/recorder/allocator_figures.h"
#include "tables/tables.h"

// Where what is not in the library's file begins, from the linker.
extern "C" __attribute__((visibility("hidden"))) const char __bss_start[];

namespace memory_facts {

namespace {

constinit encoder::MemoryFacts remembered{};
// 1: a thread fills `remembered`; 2: it is whole.
constinit std::atomic<uint32_t> memory_state{0};

// More threads are not looked at: each costs some system calls.
constexpr unsigned kMostThreads = 500;
constexpr uint64_t kMostOfStack = uint64_t{8} << 20;

uint64_t at_most(uint64_t value, uint64_t limit) {
  return value < limit ? value : limit;
}

// Takes off what is known by another name.
void take(uint64_t& from, uint64_t bytes) {
  from -= at_most(bytes, from);
}

uint64_t stacks(const process_memory::Counters& counters) {
  // The program's name lies at the top of the stack that the kernel made.
  uint64_t sum = process_memory::resident_below(getauxval(AT_EXECFN),
                                                at_most(counters.main_stack, kMostOfStack));
  unsigned visited = 0;
  threads::for_each([&](const Thread& thread) {
    if (thread.stack_size == 0 || visited++ >= kMostThreads) return;
    // The threads library puts a thread's control block above its stack. A thread that ends
    // meanwhile has none: then nothing is there.
    sum += process_memory::resident_below(static_cast<uint64_t>(thread.self),
                                          at_most(thread.stack_size, kMostOfStack));
  });
  return sum;
}

bool heap_is_on() {
  const layout::Header& h = tables::header();
  for (uint32_t i = 0; i < tables::mode_count(); i++) {
    const layout::ModeEntry& mode = h.modes[i];
    if (mode.live_from < mode.value_count && mode.armed.load(std::memory_order_relaxed) != 0) {
      return true;
    }
  }
  return false;
}

uint64_t address_of(const char* symbol) {
  return reinterpret_cast<uint64_t>(symbol);
}

}  // namespace

void prepare() {
  if (heap_is_on()) allocator_figures::find();
}

encoder::MemoryFacts collect(bool last) {
  encoder::MemoryFacts facts;
  if (!heap_is_on()) return facts;
  if (memory_state.load(std::memory_order_acquire) == 2) return remembered;
  process_memory::Counters counters{};
  if (process_memory::read(counters)) {
    facts.resident = counters.resident;
    facts.swapped = counters.swapped;
    facts.files = counters.files;
    facts.shared = counters.shared;
    facts.stacks = stacks(counters);
    const uint64_t own_file =
        process_memory::resident_in(address_of(__ehdr_start), address_of(__bss_start));
    const uint64_t own_memory =
        process_memory::resident_in(address_of(__bss_start), address_of(_end));
    // All of it has been touched. In a file of a tmpfs it is counted as shared, in one of a disk
    // among the files, in none with the anonymous memory, which the rest of the mapping shows.
    const uint64_t of_tables = tables::bounds.committed.load(std::memory_order_relaxed);
    facts.profiler = own_file + own_memory + of_tables;
    take(facts.files, own_file);
    take(facts.shared >= of_tables ? facts.shared : facts.files, of_tables);
  }
  allocator_figures::describe(facts.allocator, counters, last);
  return facts;
}

void remember() {
  uint32_t none = 0;
  if (!memory_state.compare_exchange_strong(none, 1, std::memory_order_relaxed)) return;
  remembered = collect(true);
  memory_state.store(2, std::memory_order_release);  // pairs with collect
}

void forget() {
  memory_state.store(0, std::memory_order_relaxed);
}

}  // namespace memory_facts
