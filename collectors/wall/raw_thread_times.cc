#include "collectors/wall/raw_thread_times.h"

#include <sys/syscall.h>
#include <time.h>

#include <string_view>

#include "collectors/snapshot/thread_snapshot.h"
#include "collectors/threads/threads.h"
#include "collectors/timers/tick_timer.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "env/sys/clock.h"
#include "env/sys/task_file.h"
#include "env/sys/text.h"
#include "tables/tables.h"

namespace raw_thread_times {

namespace {

constexpr unsigned kMost = 512;

// What was recorded of a thread; another that has its number began at another time.
struct Account {
  int tid;
  uint64_t start_ns;
  uint64_t since_ns, cpu_before_ns;
  uint64_t recorded_ns;
  uint64_t met_ns;  // the last look that found it
};
Account accounts[kMost];
unsigned account_count;
uint64_t round_since_ns;

// CLOCK_BOOTTIME, in the kernel's steps of 10 ms; 0: the thread has ended.
uint64_t start_of(int tid) {
  constexpr unsigned kField = 20;  // behind the name
  constexpr uint64_t kStep_ns = 10000000;
  char bytes[512];
  const long size = task_file::read(tid, "stat", bytes);
  if (size <= 0) return 0;
  std::string_view rest(bytes, static_cast<size_t>(size));
  const size_t end_of_name = text::find_last(rest, ')');
  if (end_of_name == text::kNowhere) return 0;
  rest = text::part(rest, end_of_name + 1);
  for (unsigned field = 0; field < kField; field++) {
    const size_t space = text::find(rest, " ");
    if (space == text::kNowhere) return 0;
    rest = text::part(rest, space + 1);
  }
  uint64_t steps = 0;
  return text::take_number(rest, steps) ? steps * kStep_ns : 0;
}

// CLOCK_MONOTONIC stands still while the machine is suspended.
uint64_t suspended_ns() {
  timespec boot{}, monotonic{};
  arch::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &boot);
  arch::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &monotonic);
  const int64_t ns =
      (boot.tv_sec - monotonic.tv_sec) * 1000000000 + boot.tv_nsec - monotonic.tv_nsec;
  return ns > 0 ? static_cast<uint64_t>(ns) : 0;
}

// Else the account of the thread that was found least recently.
Account* account_of(int tid, uint64_t start_ns) {
  Account* place = nullptr;
  for (unsigned i = 0; i < account_count; i++) {
    Account& each = accounts[i];
    if (each.tid == tid && each.start_ns == start_ns) return &each;
    if (place == nullptr || each.met_ns < place->met_ns) place = &each;
  }
  if (account_count < kMost) place = &accounts[account_count++];
  const bool is_new = start_ns > round_since_ns;
  *place = {
      tid, start_ns, is_new ? start_ns : round_since_ns, is_new ? 0 : tick_timer::cpu_time_ns(tid),
      0,   0};
  return place;
}

}  // namespace

void begin(uint64_t since_ns) {
  account_count = 0;
  round_since_ns = since_ns;
}

void settle(int tid, open_waits::Record record) {
  if (threads::has_ended(tid)) return;
  const uint64_t boot_ns = start_of(tid), gap_ns = suspended_ns();
  if (boot_ns <= gap_ns) return;
  Account& account = *account_of(tid, boot_ns - gap_ns);
  other_thread::Place place = other_thread::place_in_kernel(tid);
  const uint64_t now_ns = account.met_ns = clock_source::monotonic_ns();
  const uint64_t cpu_ns = tick_timer::cpu_time_ns(tid);
  const uint64_t ran_ns = cpu_ns > account.cpu_before_ns ? cpu_ns - account.cpu_before_ns : 0;
  const uint64_t past_ns = account.since_ns + account.recorded_ns + ran_ns;
  if (now_ns <= past_ns || cpu_ns == 0) return;
  account.recorded_ns += now_ns - past_ns;
  if (place.stack == 0) {
    place = {capture::pseudo(layout::kPcUnknown, 0), tables::text("other")};
  }
  record(place.stack, thread_snapshot::labels_of(tid), place.state,
         static_cast<int64_t>(now_ns - past_ns));
}

void settle_all(open_waits::Record record) {
  thread_snapshot::list_raw_threads();
  for (int tid; (tid = thread_snapshot::next_raw_thread()) != 0;) settle(tid, record);
}

}  // namespace raw_thread_times
