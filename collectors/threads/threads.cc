#include "collectors/threads/threads.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cstring>
#include <string_view>

#include "collectors/threads/thread_pointers.h"
#include "env/sys/arch.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace threads {

namespace {

constexpr uint32_t kChunkSize = 256;
constexpr uint32_t kMaxChunks = 1024;
constexpr uint64_t kPage = 4096;

std::atomic<bool> tracked;
std::atomic<char*> chunks[kMaxChunks];
std::atomic<uint32_t> made;  // records ever made
// Index + 1 of the first free record, and above it a count of changes: a record that went and came
// back between a load and an exchange is not taken for the same list (ABA).
std::atomic<uint64_t> free_list;

// Index + 1 of the record that last got a number of these low bits, so that a number is found among
// 30,000 without looking at them all.
constexpr uint32_t kHints = 65536;
std::atomic<uint32_t> hints[kHints];

// The numbers of the last threads that ended; negated once has_just_ended has reported it.
constexpr unsigned kEnded = 1024;
std::atomic<int32_t> ended[kEnded];
std::atomic<uint32_t> ended_count;

bool has_number(uint32_t index, int32_t tid) {
  const Thread* thread = at(index);
  return thread != nullptr && thread->tid.load(std::memory_order_relaxed) == tid;
}

Thread* make_record() {
  const uint32_t index = made.load(std::memory_order_relaxed);
  const uint32_t chunk = index / kChunkSize;
  if (chunk >= kMaxChunks) return nullptr;
  char* records = chunks[chunk].load(std::memory_order_acquire);
  if (records == nullptr) {
    const size_t size = size_t{kChunkSize} * record_size;
    const long memory = arch::syscall(SYS_mmap, 0L, size, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    if (arch::is_error(memory)) return nullptr;
    auto* fresh = reinterpret_cast<char*>(memory);
    if (chunks[chunk].compare_exchange_strong(records, fresh, std::memory_order_acq_rel)) {
      records = fresh;
    } else {
      arch::syscall(SYS_munmap, memory, size);
    }
  }
  uint32_t expected = index;
  if (!made.compare_exchange_strong(expected, index + 1, std::memory_order_acq_rel)) {
    return make_record();
  }
  // Other threads see the record from here on. Its index is the only field that does not begin as
  // zero, and it is read where the record is in use.
  Thread& record = *at(index);
  record.index = index;
  return &record;
}

void enter(Thread& thread) {
  thread_state.thread = &thread;
  thread_state.is_met = true;
  thread.self = pthread_self();
  thread_pointers::add(arch::thread_pointer());
}

}  // namespace

layout::Ref name_text(std::string_view name) {
  return tables::text({name.data(), name.size() < 15 ? name.size() : 15});
}

layout::Ref name_in_kernel() {
  char name[16] = {};
  arch::syscall(SYS_prctl, PR_GET_NAME, name, 0L, 0L, 0L);
  return name_text(name);
}

layout::Ref labels_for(std::string_view name, int32_t tid) {
  return labels::of_name(name_text(name), tid);
}

void track(bool on) {
  tracked.store(on, std::memory_order_relaxed);
}
bool are_tracked() {
  return tracked.load(std::memory_order_relaxed);
}

int32_t number_of_unknown() {
  return static_cast<int32_t>(arch::syscall(SYS_gettid));
}

uint32_t high_water() {
  return made.load(std::memory_order_acquire);
}

Thread* at(uint32_t index) {
  char* records = chunks[index / kChunkSize].load(std::memory_order_acquire);
  if (records == nullptr) return nullptr;
  return reinterpret_cast<Thread*>(records + size_t{index % kChunkSize} * record_size);
}

bool is_known(int32_t tid) {
  const uint32_t hint = hints[static_cast<uint32_t>(tid) % kHints].load(std::memory_order_relaxed);
  if (hint != 0 && has_number(hint - 1, tid)) return true;
  for (uint32_t i = 0; i < high_water(); i++) {
    if (has_number(i, tid)) return true;
  }
  return false;
}

Thread* acquire() {
  uint64_t first = free_list.load(std::memory_order_acquire);
  while (static_cast<uint32_t>(first) != 0) {
    Thread* thread = at(static_cast<uint32_t>(first) - 1);
    const uint64_t next =
        ((first >> 32) + 1) << 32 | thread->next_free.load(std::memory_order_relaxed);
    if (free_list.compare_exchange_weak(first, next, std::memory_order_acquire)) return thread;
  }
  return make_record();
}

void release(Thread& thread) {
  thread.tid.store(0, std::memory_order_release);
  uint64_t first = free_list.load(std::memory_order_relaxed);
  uint64_t next;
  do {
    thread.next_free.store(static_cast<uint32_t>(first), std::memory_order_relaxed);
    next = ((first >> 32) + 1) << 32 | (thread.index + 1);
  } while (!free_list.compare_exchange_weak(first, next, std::memory_order_release,
                                            std::memory_order_relaxed));
}

void take_on(Thread& thread, uint64_t stack_size) {
  thread_state.believes_blocked = thread.believes_blocked;
  // The threads library puts a thread's control block above its stack.
  const uint64_t top = arch::thread_pointer();
  const auto here = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  if (stack_size != 0 && here < top && top - here < stack_size) {
    // The block ends above `top`, behind the control block, so this lies a little below its start:
    // rounded up, for what is mapped right below it may be a fiber's stack.
    thread_state.stack_low = (top - stack_size + kPage - 1) & ~(kPage - 1);
    thread_state.stack_high = top;
  }
  enter(thread);
}

void take_on_main(Thread& thread) {
  // The program's name lies above all frames of the stack that the kernel made.
  const uint64_t top = getauxval(AT_EXECFN) & ~uint64_t{7};
  rlimit limit{};
  constexpr uint64_t kUnlimited = uint64_t{1} << 30;
  uint64_t size = kUnlimited;
  if (arch::syscall(SYS_prlimit64, 0, RLIMIT_STACK, 0L, &limit) == 0 && limit.rlim_cur < size) {
    size = limit.rlim_cur;
  }
  thread_state.stack_low = top > size ? top - size : 0;
  thread_state.stack_high = top;
  enter(thread);
}

void take_on_again() {
  enter(*thread_state.thread);
}

void publish(Thread& thread) {
  const auto tid = static_cast<int32_t>(arch::syscall(SYS_gettid));
  // Relaxed: a reader that finds another's index sees that in the record, and searches all.
  hints[static_cast<uint32_t>(tid) % kHints].store(thread.index + 1, std::memory_order_relaxed);
  thread.tid.store(tid, std::memory_order_release);
}

bool has_ended(int32_t tid) {
  // Pairs with release(): once a thread's record is gone, its end is found here.
  std::atomic_thread_fence(std::memory_order_acquire);
  for (const auto& each : ended) {
    const int32_t number = each.load(std::memory_order_relaxed);
    if (number == tid || number == -tid) return true;
  }
  return false;
}

bool has_just_ended(int32_t tid) {
  bool found = false;
  std::atomic_thread_fence(std::memory_order_acquire);
  for (auto& each : ended) {
    int32_t number = tid;
    if (each.load(std::memory_order_relaxed) == tid) {
      found |= each.compare_exchange_strong(number, -tid, std::memory_order_relaxed);
    }
  }
  return found;
}

void leave(Thread& thread) {
  thread_pointers::remove(arch::thread_pointer());
  // Before its number goes: a reader that finds no record of it finds its end here.
  const uint32_t at = ended_count.fetch_add(1, std::memory_order_relaxed) % kEnded;
  ended[at].store(thread.tid.load(std::memory_order_relaxed), std::memory_order_release);
  thread_state.thread = nullptr;
  release(thread);
}

}  // namespace threads
