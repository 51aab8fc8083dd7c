#include "collectors/trace/resident_memory.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#include <atomic>

#include "env/sys/arch.h"

namespace resident_memory {

namespace {

constexpr uint64_t kEvery_ns = 10000000;
std::atomic<uint64_t> next_ns;

}  // namespace

bool is_due(uint64_t now_ns) {
  uint64_t due_ns = next_ns.load(std::memory_order_relaxed);
  return now_ns >= due_ns &&
         next_ns.compare_exchange_strong(due_ns, now_ns + kEvery_ns, std::memory_order_relaxed);
}

// Asks for one thread, so that the kernel need not add up all threads' times. The memory is the
// process's all the same.
bool peak(uint64_t* bytes) {
  rusage usage;
  if (arch::is_error(arch::syscall(SYS_getrusage, RUSAGE_THREAD, &usage))) return false;
  *bytes = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  return true;
}

}  // namespace resident_memory
