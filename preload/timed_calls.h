// A call that may wait, timed.
#pragma once

#include <atomic>

#include "collectors/core/off_processor.h"
#include "collectors/wall.h"
#include "env/safe/attributes.h"

namespace timed_calls {

inline constinit std::atomic<bool> are_timed{false};

// A call in which the thread never left the processor was none that waited, and costs no more than
// the look. Nor was one that a tick interrupted or another thread displaced: as waits those would
// be taken off by whole ticks, and a busy machine would look like slow files.
ALWAYS_INLINE void ended(waits::Wait& wait) {
  uint64_t ns;
  if (LIKELY(!off_processor::left())) {
    wait.was_none();
  } else if (wait.over_if_waited(&ns)) {
    wall::waited(wait, ns);
  }
}

// What it returns and errno are the function's. Nearly all are cancellation points: nothing is held
// across the real call.
template <auto& real, waits::Kind kind, typename... Arguments>
ALWAYS_INLINE auto time(const Caller& caller, Arguments... arguments) {
  waits::Wait wait(kind, caller, real.address());
  off_processor::mark();
  if constexpr (__is_same(decltype(real(arguments...)), void)) {
    real(arguments...);
    ended(wait);
  } else {
    const auto result = real(arguments...);
    ended(wait);
    return result;
  }
}

template <auto& real, waits::Kind kind, typename... Arguments>
NOINLINE auto timed(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  return time<real, kind>(caller, arguments...);
}

template <auto& real, waits::Kind kind, typename Result, typename... Arguments>
consteval auto timed_as(Result (*)(Arguments...)) {
  return timed<real, kind, Arguments...>;
}

// For what is led through a function of ours for its descriptor as well: timed if any are, in the
// same frame.
template <auto& real, waits::Kind kind = waits::Kind::kIo, typename... Arguments>
ALWAYS_INLINE auto timed_or_not(const Caller& caller, Arguments... arguments) {
  return are_timed.load(std::memory_order_relaxed) ? time<real, kind>(caller, arguments...)
                                                   : real(arguments...);
}

}  // namespace timed_calls
