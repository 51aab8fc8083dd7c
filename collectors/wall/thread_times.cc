#include "collectors/wall/thread_times.h"

#include <string_view>

#include "collectors/counts/sampler.h"
#include "collectors/threads/threads.h"
#include "collectors/timers/tick_timer.h"
#include "env/sys/clock.h"
#include "env/sys/task_file.h"
#include "env/sys/text.h"

namespace thread_times {

namespace {

// How long the thread has stood ready without a processor; 0 where the kernel does not tell.
uint64_t runnable_ns(int tid) {
  char bytes[96];
  const long size = task_file::read(tid, "schedstat", bytes);
  if (size <= 0) return 0;
  std::string_view rest(bytes, static_cast<size_t>(size));
  uint64_t ran, delayed = 0;
  if (!text::take_number(rest, ran)) return 0;
  rest = text::part(rest, 1);
  return text::take_number(rest, delayed) ? delayed : 0;
}

int64_t positive(int64_t ns) {
  return ns < 0 ? 0 : ns;
}

}  // namespace

const char* name_of(State state) {
  static constexpr const char* kNames[] = {"running", "runnable", "lock",  "condvar", "join",
                                           "sleep",   "io",       "futex", "other"};
  static_assert(sizeof kNames / sizeof *kNames == kStates);
  return kNames[static_cast<unsigned>(state)];
}

State state_of(waits::Kind kind) {
  using waits::Kind;
  switch (kind) {
    case Kind::kCondition:
      return State::kCondition;
    case Kind::kJoin:
      return State::kJoin;
    case Kind::kSleep:
      return State::kSleep;
    case Kind::kIo:
      return State::kIo;
    case Kind::kFutex:
      return State::kFutex;
    case Kind::kOther:
    case Kind::kNone:
    case Kind::kCount:
      return State::kOther;
    default:
      return State::kLock;
  }
}

void begin(Thread& thread, uint32_t round, uint64_t since_ns) {
  Account& account = of(thread);
  account.begin_ns = since_ns;
  account.cpu_before_ns = tick_timer::cpu_time_ns(thread);
  account.runnable_before_ns = runnable_ns(thread.tid.load(std::memory_order_relaxed));
  for (auto& ns : account.waited_ns) ns.store(0, std::memory_order_relaxed);
  account.position_ns = account.stretch_ns = account.point_ns = 0;
  account.last_stack.store(0, std::memory_order_relaxed);
  waits::of(thread).already_recorded.store(0, std::memory_order_relaxed);
  waits::of(thread).is_unsettled.store(false, std::memory_order_relaxed);
  const int tid = thread.tid.load(std::memory_order_relaxed);
  for (RecordedSum& sum : account.already_recorded) sum.begin(tid);
  account.recorded_runnable.begin(tid);
  account.recorded_rest.begin(tid);
  account.first_stack.store(0, std::memory_order_relaxed);
  account.round.store(round, std::memory_order_release);
}

void waited(Thread& thread, State state, uint64_t ns, uint64_t less_ns) {
  std::atomic<int64_t>& sum = of(thread).waited_ns[static_cast<unsigned>(state)];
  // The only writer.
  sum.store(sum.load(std::memory_order_relaxed) + static_cast<int64_t>(ns) -
                static_cast<int64_t>(less_ns),
            std::memory_order_relaxed);
  // Release: a look that finds the wait settled finds it in the sum.
  waits::of(thread).is_unsettled.store(false, std::memory_order_release);
}

uint64_t to_record(Thread& thread, uint64_t ns, uint64_t period_ns) {
  if (ns >= period_ns) return ns;
  Account& account = of(thread);
  if (account.stretch_ns == 0) {
    account.stretch_ns = period_ns;
    account.point_ns = sampler::next_random(sampler::sequence()) % period_ns;
  }
  account.position_ns += ns;
  uint64_t recorded = 0;
  while (account.point_ns < account.position_ns) {
    recorded += period_ns;
    account.point_ns = account.stretch_ns + sampler::next_random(sampler::sequence()) % period_ns;
    account.stretch_ns += period_ns;
  }
  return recorded;
}

Sums sums_of(const Thread& thread, int tid, State state, uint64_t open_ns) {
  const Account& account = of(thread);
  Sums sums{};
  sums.life_ns = clock_source::monotonic_ns() - account.begin_ns;
  for (unsigned i = 0; i < kStates; i++) {
    sums.ns[i] =
        account.waited_ns[i].load(std::memory_order_relaxed) + account.already_recorded[i].ns();
  }
  sums.ns[static_cast<unsigned>(state)] += static_cast<int64_t>(open_ns);
  int64_t& running = sums.ns[static_cast<unsigned>(State::kRunning)];
  const uint64_t cpu_ns = tick_timer::cpu_time_ns(tid);
  sums.is_whole = cpu_ns != 0;  // a thread that was there has run
  running = static_cast<int64_t>(cpu_ns - account.cpu_before_ns);
  auto rest = static_cast<int64_t>(sums.life_ns);
  for (const int64_t ns : sums.ns) rest -= ns;
  rest = positive(rest);
  const auto delayed = static_cast<int64_t>(runnable_ns(tid) - account.runnable_before_ns);
  int64_t& runnable = sums.ns[static_cast<unsigned>(State::kRunnable)];
  runnable = rest < delayed ? rest : positive(delayed);
  sums.ns[static_cast<unsigned>(State::kOther)] += rest - runnable;
  return sums;
}

}  // namespace thread_times
