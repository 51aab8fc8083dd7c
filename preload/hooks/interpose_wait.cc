// Calls that wait for another thread without holding anything: conditions, semaphores, joins,
// barriers, pthread_once. Those that will not wait, as far as can be known, are a jump.
//
// Some are cancellation points: then nothing behind the real call is run. What a cancelled wait
// leaves is taken out at the thread's end (waits/waits.h).
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "env/sys/arch.h"
#include "env/sys/real.h"
#include "preload/hooks/interpose_waits.h"
#include "preload/hooks/waiting.h"

namespace {

using waits::Kind;
using Condition = pthread_cond_t;
using Mutex = pthread_mutex_t;
using Time = const struct timespec;
using Barrier = pthread_barrier_t;

constexpr const char* kOldForms = "pthread_cond_";
constexpr const char* kOldVersion = "GLIBC_2.2.5";

void settle();
NEXT_FUNCTION(int, cond_wait, (Condition * c, Mutex* m), (c, m))
NEXT_FUNCTION(int, cond_timedwait, (Condition * c, Mutex* m, Time* t), (c, m, t))
NEXT_FUNCTION(int, cond_clockwait, (Condition * c, Mutex* m, clockid_t k, Time* t), (c, m, k, t))
NEXT_FUNCTION(int, cond_signal, (Condition * c), (c))
NEXT_FUNCTION(int, cond_broadcast, (Condition * c), (c))
NEXT_FUNCTION(int, sem_post, (sem_t * s), (s))
NEXT_FUNCTION(int, sem_wait, (sem_t * s), (s))
NEXT_FUNCTION(int, sem_trywait, (sem_t * s), (s))
NEXT_FUNCTION(int, sem_timedwait, (sem_t * s, Time* t), (s, t))
NEXT_FUNCTION(int, sem_clockwait, (sem_t * s, clockid_t c, Time* t), (s, c, t))
NEXT_FUNCTION(int, join, (pthread_t t, void** r), (t, r))
NEXT_FUNCTION(int, timedjoin, (pthread_t t, void** r, Time* u), (t, r, u))
NEXT_FUNCTION(int, clockjoin, (pthread_t t, void** r, clockid_t c, Time* u), (t, r, c, u))
NEXT_FUNCTION(int, barrier_wait, (Barrier * b), (b))
NEXT_FUNCTION(int, once, (pthread_once_t * o, void (*f)()), (o, f))

void settle() {
  real::resolve();
  next_cond_wait = real::pthread_cond_wait;
  next_cond_timedwait = real::pthread_cond_timedwait;
  next_cond_clockwait = real::pthread_cond_clockwait;
  next_cond_signal = real::pthread_cond_signal;
  next_cond_broadcast = real::pthread_cond_broadcast;
  next_sem_post = real::sem_post;
  next_sem_wait = real::sem_wait;
  next_sem_trywait = real::sem_trywait;
  next_sem_timedwait = real::sem_timedwait;
  next_sem_clockwait = real::sem_clockwait;
  next_join = real::pthread_join;
  next_timedjoin = real::pthread_timedjoin_np;
  next_clockjoin = real::pthread_clockjoin_np;
  next_barrier_wait = real::pthread_barrier_wait;
  next_once = real::pthread_once;
}

Next<int(Condition*, Mutex*)> next_old_cond_wait{nullptr};
Next<int(Condition*, Mutex*, Time*)> next_old_cond_timedwait{nullptr};
Next<int(Condition*)> next_old_cond_signal{nullptr};
Next<int(Condition*)> next_old_cond_broadcast{nullptr};

int old_cond_wait(Condition* c, Mutex* m) {
  if (!waits::are_followed()) return next_old_cond_wait(c, m);
  return waiting_for_condition<next_old_cond_wait>(c, m);
}

int old_cond_timedwait(Condition* c, Mutex* m, Time* until) {
  if (!waits::are_followed()) return next_old_cond_timedwait(c, m, until);
  return waiting_for_condition<next_old_cond_timedwait>(c, m, until);
}

int old_cond_signal(Condition* c) {
  if (LIKELY(!waits::may_wait_for(c))) return next_old_cond_signal(c);
  return waking<next_old_cond_signal, Kind::kCondition, trace::Whom::kOne>(c);
}

int old_cond_broadcast(Condition* c) {
  if (LIKELY(!waits::may_wait_for(c))) return next_old_cond_broadcast(c);
  return waking<next_old_cond_broadcast, Kind::kCondition, trace::Whom::kAll>(c);
}

template <typename Function>
const void* old_form(const char* name, Next<Function>& next, Function* ours) {
  auto* function =
      reinterpret_cast<Function*>(const_cast<void*>(real::of_version(name, kOldVersion)));
  next = function;
  return function == nullptr ? nullptr : reinterpret_cast<const void*>(ours);
}

// glibc: the value is the first word.
bool has_value(const sem_t* s) {
  return *reinterpret_cast<const volatile unsigned*>(s) != 0;
}

// A post goes to the thread that comes first: where an earlier one's waiter was forestalled, this
// one's is the same.
NOINLINE int posting(sem_t* s) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const trace::Wake wake = trace::posting(s, *reinterpret_cast<const volatile unsigned*>(s));
  const int result = next_sem_post(s);
  const arch::CleanState clean;
  trace::woke(wake, caller);
  return result;
}

// A permit taken past the waiting threads: the thread that its post notified waits on.
template <auto& next, typename... Arguments>
NOINLINE int passing(sem_t* s, Arguments... arguments) {
  const uint64_t wake = wakeups::told_first(s);
  const int result = next(s, arguments...);
  if (result == 0) wakeups::take_back(s, wake);
  return result;
}

template <auto& next, typename... Arguments>
ALWAYS_INLINE int taking(sem_t* s, Arguments... arguments) {
  if (LIKELY(has_value(s))) {
    if (LIKELY(!waits::may_wait_for(s))) return next(s, arguments...);
    return passing<next>(s, arguments...);
  }
  if (!waits::are_followed()) return next(s, arguments...);
  return waiting<next, Kind::kSemaphore>(s, arguments...);
}

NOINLINE int arriving_last(Barrier* b) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const trace::Wake wake = trace::waking(Kind::kBarrier, b, trace::Whom::kAll);
  const int result = next_barrier_wait(b);
  const arch::CleanState clean;
  trace::woke(wake, caller);
  return result;
}

// glibc: how many came in, how many had when this round began, how many it takes.
bool is_last(const Barrier* b) {
  const auto* word = reinterpret_cast<const volatile unsigned*>(b);
  return word[0] + 1 - word[1] >= word[2];
}

// glibc: 2 is done, 1 in progress.
bool is_in_progress(const pthread_once_t* o) {
  return (*reinterpret_cast<const volatile int*>(o) & 3) == 1;
}

}  // namespace

extern "C" {

EXPORT int pthread_cond_wait(Condition* c, Mutex* m) {
  if (!waits::are_followed()) return next_cond_wait(c, m);
  return waiting_for_condition<next_cond_wait>(c, m);
}
EXPORT int pthread_cond_timedwait(Condition* c, Mutex* m, Time* until) {
  if (!waits::are_followed()) return next_cond_timedwait(c, m, until);
  return waiting_for_condition<next_cond_timedwait>(c, m, until);
}
EXPORT int pthread_cond_clockwait(Condition* c, Mutex* m, clockid_t clock, Time* until) {
  if (!waits::are_followed()) return next_cond_clockwait(c, m, clock, until);
  return waiting_for_condition<next_cond_clockwait>(c, m, clock, until);
}
EXPORT int pthread_cond_signal(Condition* c) noexcept {
  if (LIKELY(!waits::may_wait_for(c))) return next_cond_signal(c);
  return waking<next_cond_signal, Kind::kCondition, trace::Whom::kOne>(c);
}
EXPORT int pthread_cond_broadcast(Condition* c) noexcept {
  if (LIKELY(!waits::may_wait_for(c))) return next_cond_broadcast(c);
  return waking<next_cond_broadcast, Kind::kCondition, trace::Whom::kAll>(c);
}
EXPORT int sem_post(sem_t* s) noexcept {
  if (LIKELY(!waits::may_wait_for(s))) return next_sem_post(s);
  return posting(s);
}
EXPORT int sem_wait(sem_t* s) {
  return taking<next_sem_wait>(s);
}
EXPORT int sem_trywait(sem_t* s) noexcept {
  if (LIKELY(!waits::may_wait_for(s))) return next_sem_trywait(s);
  return passing<next_sem_trywait>(s);
}
EXPORT int sem_timedwait(sem_t* s, Time* until) {
  return taking<next_sem_timedwait>(s, until);
}
EXPORT int sem_clockwait(sem_t* s, clockid_t clock, Time* until) {
  return taking<next_sem_clockwait>(s, clock, until);
}
EXPORT int pthread_join(pthread_t thread, void** result) {
  if (!waits::are_followed()) return next_join(thread, result);
  return waiting<next_join, Kind::kJoin>(thread, result);
}
EXPORT int pthread_timedjoin_np(pthread_t thread, void** result, Time* until) {
  if (!waits::are_followed()) return next_timedjoin(thread, result, until);
  return waiting<next_timedjoin, Kind::kJoin>(thread, result, until);
}
EXPORT int pthread_clockjoin_np(pthread_t thread, void** result, clockid_t clock, Time* until) {
  if (!waits::are_followed()) return next_clockjoin(thread, result, clock, until);
  return waiting<next_clockjoin, Kind::kJoin>(thread, result, clock, until);
}
EXPORT int pthread_barrier_wait(Barrier* b) noexcept {
  if (!waits::are_followed()) return next_barrier_wait(b);
  if (is_last(b)) return waits::may_wait_for(b) ? arriving_last(b) : next_barrier_wait(b);
  return waiting<next_barrier_wait, Kind::kBarrier>(b);
}
EXPORT int pthread_once(pthread_once_t* control, void (*routine)()) {
  if (LIKELY(!is_in_progress(control)) || !waits::are_followed()) {
    return next_once(control, routine);
  }
  return waiting<next_once, Kind::kOnce>(control, routine);
}

}  // extern "C"

void interpose_waits::settle_others() {
  settle();
}

bool interpose_waits::has_old_form(const char* name) {
  return strncmp(name, kOldForms, strlen(kOldForms)) == 0;
}

const void* interpose_waits::old_form_of(const char* name, const char* version) {
  if (version == nullptr || strcmp(version, kOldVersion) != 0) return nullptr;
  const char* what = name + strlen(kOldForms);
  if (strcmp(what, "wait") == 0) return old_form(name, next_old_cond_wait, old_cond_wait);
  if (strcmp(what, "timedwait") == 0) {
    return old_form(name, next_old_cond_timedwait, old_cond_timedwait);
  }
  if (strcmp(what, "signal") == 0) {
    return old_form(name, next_old_cond_signal, old_cond_signal);
  }
  if (strcmp(what, "broadcast") == 0) {
    return old_form(name, next_old_cond_broadcast, old_cond_broadcast);
  }
  return nullptr;
}
