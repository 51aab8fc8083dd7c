#include "collectors/timers/tick_timer.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "collectors/life/thread.h"
#include "collectors/snapshot/thread_snapshot.h"
#include "tests/unit/tables/open_tables.h"

namespace {

constexpr uint64_t kHour = 3600ull * 1000000000;

// In a process of its own, whose first timer has the kernel's number 0.
bool in_child(bool (*holds)()) {
  const pid_t child = fork();
  if (child == 0) _exit(holds() ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  return status == 0;
}

bool timer_outlives_a_record_of_zeros() {
  sigevent event{};
  event.sigev_notify = SIGEV_NONE;
  timer_t hosts = nullptr;
  if (timer_create(CLOCK_MONOTONIC, &event, &hosts) != 0) return false;
  // A record as other threads see it before its first thread has it.
  Thread* record = threads::acquire();
  std::memset(static_cast<void*>(record), 0, sizeof *record);
  thread_snapshot::begin();
  tick_timer::disarm_thread(*record);
  itimerspec left{};
  return timer_gettime(hosts, &left) == 0;
}

}  // namespace

TEST_CASE("a record that no thread has had yet has no timer, not the process's first") {
  CHECK(in_child(timer_outlives_a_record_of_zeros));
}

TEST_CASE(
    "threads are counted as armed while they have a timer, whichever thread removes it, and how "
    "often") {
  const OpenTables tables;
  Thread* thread = threads::acquire();
  threads::begin_main(*thread);
  const uint32_t before = tick_timer::armed_threads();
  for (int i = 0; i < 2; i++) REQUIRE(tick_timer::arm_thread(*thread, SIGURG, kHour, kHour));
  CHECK(tick_timer::armed_threads() == before + 1);
  // All are disarmed, while the thread ends.
  tick_timer::disarm_thread(*thread);
  tick_timer::disarm_thread(*thread);
  CHECK(tick_timer::armed_threads() == before);
  threads::end(*thread);
}

TEST_CASE("a thread that has ended has no clock, not that of the thread that asks") {
  Thread ended{};
  CHECK(tick_timer::cpu_time_ns(ended) == 0);
  CHECK(tick_timer::cpu_time_ns(0) == 0);
}
