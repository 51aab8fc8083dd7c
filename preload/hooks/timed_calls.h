// A call that may wait, timed.
#pragma once

#include <errno.h>
#include <sys/select.h>

#include <atomic>

#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/trace.h"
#include "collectors/waits/preemption_probe.h"
#include "collectors/waits/timed_calls_switch.h"
#include "collectors/wall.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"

namespace timed_calls {

// What a timeline shows for the calls of `real`.
template <auto& real>
inline constexpr const char* name_of = nullptr;

// The descriptor that a call is about, -1: none. select has the highest in its place.
constexpr long descriptor_of() {
  return -1;
}
template <typename First, typename... Rest>
long descriptor_of(First first, Rest...) {
  if constexpr (__is_same(First, int)) return first;
  return -1;
}
template <typename... Rest>
long descriptor_of(int, fd_set*, Rest...) {
  return -1;
}

// In a function of its own: there are some hundred calls.
NOINLINE inline void tell(const waits::Wait& wait, uint64_t ns, long result_or_error) {
  const arch::CleanState clean;
  wall::waited(wait, ns);
  trace::waited(wait, result_or_error < 0 ? trace::Outcome::kFailed : trace::Outcome::kLetIn,
                result_or_error);
  timed_calls_switch::settle();
}

// A call in which the thread never left the processor was none that waited, and costs no more than
// the look. Nor was one that a tick interrupted or another thread displaced: as waits those would
// be taken off by whole ticks, and a busy machine would look like slow files.
ALWAYS_INLINE void ended(waits::Wait& wait, long result) {
  uint64_t ns;
  if (LIKELY(!preemption_probe::left())) {
    wait.was_none();
  } else if (const int error = errno; wait.over_if_waited(&ns)) {
    tell(wait, ns, result < 0 ? -error : result);
  }
}

// What it returns and errno are the function's. Nearly all are cancellation points: nothing is held
// across the real call. Once nothing is recorded any more no clock is read: under seccomp's strict
// mode the counter that it is made of ends a program.
template <auto& real, waits::Kind kind = waits::Kind::kIo, typename... Arguments>
ALWAYS_INLINE auto time(const Caller& caller, Arguments... arguments) {
  if (!timed_calls_switch::is_on.load(std::memory_order_relaxed)) return real(arguments...);
  if (UNLIKELY(!waits::are_followed())) return real(arguments...);
  const long number = kind == waits::Kind::kIo ? descriptor_of(arguments...) : -1;
  waits::Wait wait(kind, caller, real.address(), static_cast<uint64_t>(number + 1), name_of<real>);
  preemption_probe::mark();
  if constexpr (__is_same(decltype(real(arguments...)), void)) {
    real(arguments...);
    ended(wait, 0);
  } else {
    const auto result = real(arguments...);
    ended(wait, (long)result);  // a number, or a file
    return result;
  }
}

template <auto& real, waits::Kind kind, typename... Arguments>
NOINLINE auto timed(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  return time<real, kind>(caller, arguments...);
}

template <auto& real, waits::Kind kind, typename... Arguments>
ALWAYS_INLINE auto timed_or_not(Arguments... arguments) {
  if (timed_calls_switch::is_on.load(std::memory_order_relaxed))
    return timed<real, kind>(arguments...);
  return real(arguments...);
}

template <auto& real, waits::Kind kind, typename... Arguments>
COLD NOINLINE auto on_call_entry(Arguments... arguments) {
  snapshot_on_demand::on_call_entry(CALLER_OF_THIS_FUNCTION(), kind, real.address());
  return timed_or_not<real, kind>(arguments...);
}

// A thread that is about to wait may be asked something. It jumps on, so that no frame of ours
// stands below a wait that is not reported.
template <auto& real, waits::Kind kind = waits::Kind::kIo, typename... Arguments>
NOINLINE auto passed(Arguments... arguments) {
  if (UNLIKELY(snapshot_on_demand::is_wanted())) return on_call_entry<real, kind>(arguments...);
  return timed_or_not<real, kind>(arguments...);
}

template <auto& real, waits::Kind kind, typename Result, typename... Arguments>
consteval auto timed_as(Result (*)(Arguments...)) {
  return passed<real, kind, Arguments...>;
}

}  // namespace timed_calls
