#include "collectors/snapshot/thread_snapshot.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>

#include "collectors/snapshot/other_thread.h"
#include "collectors/threads/threads.h"
#include "collectors/timers/tick_timer.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "env/sys/clock.h"
#include "env/sys/directory.h"
#include "env/sys/task_file.h"
#include "env/sys/text.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace thread_snapshot {

namespace {

using blocked_call::Answer;

constexpr unsigned kMostListed = 512;
int listed[kMostListed];
unsigned listed_count, listed_next;

// Thread::call.state.
enum : uint32_t { kMissing, kAsked, kAnswered, kDone };

void ask(Thread& thread, int tid, int signal) {
  if (signal == 0 || of(thread).state.load(std::memory_order_relaxed) != kMissing) return;
  // Before the timer: the answer may come at once.
  of(thread).state.store(kAsked, std::memory_order_release);
  of(thread).timer = tick_timer::ask(tid, signal);
  if (of(thread).timer == tick_timer::kNone)
    of(thread).state.store(kMissing, std::memory_order_relaxed);
}

// What is known of a thread now; false if it is to be asked for once more.
bool find(Thread& thread, int tid, const Round& round, Present* out, bool* gone) {
  if (of(thread).state.load(std::memory_order_acquire) == kAnswered) {
    out->state = tables::text("running");
    out->stack = of(thread).stack.load(std::memory_order_relaxed);
    return true;
  }
  other_thread::Waiting wait;
  if (other_thread::waiting(thread, true, &wait)) {
    out->state = waits::name_of(wait.kind);
    out->stack = wait.stack;
    return true;
  }
  blocked_call::Call call;
  const Answer answer = blocked_call::of_thread(tid, &call);
  *gone = answer == Answer::kGone;
  if (*gone) return true;
  if (answer == Answer::kBlocked && other_thread::standing(tid, call, &out->stack)) {
    out->state = tables::text(blocked_call::state_of(call.number));
    return true;
  }
  ask(thread, tid, round.signal);
  if (!round.last) return false;
  out->state = tables::text(answer == Answer::kRunning ? "running" : "other");
  out->stack = capture::pseudo(layout::kPcUnknown, reinterpret_cast<uint64_t>(thread.routine));
  return true;
}

void ask_no_more(Thread& thread) {
  if (of(thread).timer != tick_timer::kNone) tick_timer::take_back(of(thread).timer);
  of(thread).timer = tick_timer::kNone;
}

// An answer that a thread left in a record is not the answer of the record's next thread.
void begin_for(Thread& thread, int tid) {
  if (of(thread).tid == tid) return;
  ask_no_more(thread);
  of(thread).state.store(kMissing, std::memory_order_relaxed);
  of(thread).tid = tid;
}

}  // namespace

void begin() {
  threads::for_each_record([](Thread& thread) {
    ask_no_more(thread);
    of(thread).state.store(kMissing, std::memory_order_relaxed);
  });
}

bool hear(Thread& thread, const Round& round) {
  const int tid = thread.tid.load(std::memory_order_acquire);
  begin_for(thread, tid);
  if (tid == 0 || of(thread).state.load(std::memory_order_relaxed) == kDone) return true;
  Present present{tid, thread.index + 1, labels::of(thread, false), 0, 0};
  bool gone = false;
  if (!find(thread, tid, round, &present, &gone)) return false;
  ask_no_more(thread);
  of(thread).state.store(kDone, std::memory_order_relaxed);
  if (!gone) round.present(present);
  return true;
}

bool is_missing(Thread& self) {
  begin_for(self, self.tid.load(std::memory_order_relaxed));
  return of(self).state.load(std::memory_order_relaxed) != kDone;
}

bool take_once(Thread& thread) {
  const int tid = thread.tid.load(std::memory_order_acquire);
  begin_for(thread, tid);
  return tid != 0 && of(thread).state.exchange(kDone, std::memory_order_relaxed) != kDone;
}

void tell_own(Thread& self, layout::Ref state, layout::Ref stack, void (*present)(const Present&)) {
  ask_no_more(self);
  of(self).state.store(kDone, std::memory_order_relaxed);
  present({of(self).tid, self.index + 1, labels::of(self, false), state, stack});
}

layout::Ref labels_of(int tid, bool is_numbered) {
  char bytes[16];  // a name of 15 bytes and a newline
  const long size = task_file::read(tid, "comm", bytes);
  const int number = is_numbered ? tid : 0;
  return size > 1 ? threads::labels_for({bytes, static_cast<size_t>(size - 1)}, number) : 0;
}

void each_raw_thread(void (*unknown)(int tid)) {
  const long directory =
      arch::syscall(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (directory < 0) return;
  const long own = arch::syscall(SYS_gettid);
  const long first = arch::syscall(SYS_getpid);  // known, or it has ended and still has its number
  directory::each_name(static_cast<int>(directory), [&](std::string_view name) {
    uint64_t number;
    const bool is_number = text::take_number(name, number);
    const int tid = is_number ? static_cast<int>(number) : 0;
    if (tid != 0 && tid != own && tid != first && !threads::is_known(tid)) unknown(tid);
    return true;
  });
  arch::syscall(SYS_close, directory);
}

void list_raw_threads() {
  listed_count = listed_next = 0;
  each_raw_thread([](int tid) {
    if (listed_count < kMostListed) listed[listed_count++] = tid;
  });
}

int next_raw_thread() {
  return listed_next < listed_count ? listed[listed_next++] : 0;
}

void present_raw_thread(int tid, void (*present)(const Present&)) {
  Present out{tid, 0, labels_of(tid), 0, 0};
  blocked_call::Call call;
  const Answer answer = blocked_call::of_thread(tid, &call);
  if (answer == Answer::kGone) return;
  if (answer == Answer::kBlocked && other_thread::standing(tid, call, &out.stack)) {
    out.state = tables::text(blocked_call::state_of(call.number));
  } else {
    out.state = tables::text(answer == Answer::kRunning ? "running" : "other");
    out.stack = capture::pseudo(layout::kPcUnknown, 0);
  }
  present(out);
}

void take(int signal, void (*present)(const Present& thread)) {
  begin();
  if (Thread* self = thread_state.thread; self != nullptr && is_missing(*self)) {
    of(*self).state.store(kDone, std::memory_order_relaxed);
  }
  const uint64_t until_ns = clock_source::monotonic_ns() + kLongest_ns;
  for (bool all = false; !all;) {
    const Round round{signal, present, clock_source::monotonic_ns() > until_ns};
    all = true;
    threads::for_each_record([&](Thread& thread) { all &= hear(thread, round); });
    const timespec pause{0, 2000000};
    if (!all) arch::syscall(SYS_nanosleep, &pause, 0L);
  }
  list_raw_threads();
  for (int tid; (tid = next_raw_thread()) != 0;) present_raw_thread(tid, present);
}

bool answers(const siginfo_t& info, const void* context) {
  if (!tick_timer::is_question(info)) return false;
  Thread* thread = thread_state.thread;
  // A late one, of a call that is over, is none.
  if (thread == nullptr || of(*thread).state.load(std::memory_order_acquire) != kAsked) return true;
  of(*thread).stack.store(capture::context(context), std::memory_order_relaxed);
  uint32_t asked = kAsked;
  of(*thread).state.compare_exchange_strong(asked, kAnswered, std::memory_order_release);
  return true;
}

}  // namespace thread_snapshot
