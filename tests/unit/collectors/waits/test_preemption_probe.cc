#include "collectors/waits/preemption_probe.h"

#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>

TEST_CASE("a thread that slept has left the processor, one that asked for its number has not") {
  const auto* offset = static_cast<const int64_t*>(dlsym(RTLD_DEFAULT, "__rseq_offset"));
  const auto* size = static_cast<const uint32_t*>(dlsym(RTLD_DEFAULT, "__rseq_size"));
  if (offset == nullptr || *size == 0) {
    preemption_probe::mark();
    CHECK(preemption_probe::left());  // it cannot be known
    return;
  }
  preemption_probe::use(*offset, *size);
  int stayed = 0;
  for (int i = 0; i < 100; i++) {
    preemption_probe::mark();
    getppid();
    stayed += !preemption_probe::left();
  }
  CHECK(stayed > 50);  // a machine that is busy takes it away now and then
  const timespec nap{0, 1000000};
  for (int i = 0; i < 10; i++) {
    preemption_probe::mark();
    nanosleep(&nap, nullptr);
    CHECK(preemption_probe::left());
  }
  preemption_probe::section_offset = 0;
}

namespace {

struct alignas(32) Area {
  uint32_t cpu_id_start, cpu_id;
  uint64_t section;
  uint32_t flags, rest[3];
};
thread_local Area unknown_to_the_kernel;

}  // namespace

TEST_CASE("where the kernel does not clear the section after a sleep, every call may have waited") {
  const auto at = static_cast<int64_t>(reinterpret_cast<uint64_t>(&unknown_to_the_kernel) -
                                       arch::thread_pointer());
  preemption_probe::use(at, sizeof(Area));
  CHECK(preemption_probe::section_offset == 0);
  preemption_probe::mark();
  CHECK(preemption_probe::left());
}
