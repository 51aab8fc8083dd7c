// The calls of libc that may wait for something else than a thread: sleeps, input and output,
// children, signals. Each goes by a pointer: to the next definition, or, while waits are followed,
// to a function that times it. So one that is not followed costs a jump, and none is looked up in a
// process that does not use it.
//
// Nearly all are cancellation points: nothing is held across the real call.
#include "preload/interpose_blocking.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "collectors/core/off_processor.h"
#include "collectors/trace.h"
#include "collectors/wall.h"
#include "env/safe/attributes.h"
#include "preload/definitions.h"
#include "preload/interpose_sigmask.h"
#include "preload/next.h"

struct rusage;

namespace {

using waits::Kind;

// The next definition of each, the way that its calls take, and what that begins as.
#define CALL(result, name, parameters, arguments, kind) \
  using Type_##name = result parameters;                \
  void settle_##name();                                 \
  constexpr char text_of_##name[] = #name;              \
  result first_##name parameters;                       \
  constinit Next<Type_##name> real_##name{nullptr};     \
  constinit Next<Type_##name> way_##name{first_##name}; \
  COLD result first_##name parameters {                 \
    settle_##name();                                    \
    return way_##name arguments;                        \
  }
#include "preload/blocking_calls.def"
#undef CALL

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

// A call in which the thread never left the processor was none that waited, and costs no more than
// the look. Nor was one that a tick interrupted or another thread displaced: as waits those would
// be taken off by whole ticks, and a busy machine would look like slow files.
ALWAYS_INLINE void call_is_over(waits::Wait& wait, long result) {
  if (LIKELY(!off_processor::left()) || !wait.gave_up_processor()) {
    wait.was_none();
    return;
  }
  wall::waited(wait, wait.over());
  trace::waited(wait, result < 0 ? trace::Outcome::kFailed : trace::Outcome::kLetIn,
                result < 0 ? -errno : result);
}

// What it returns and errno are the function's.
template <auto& real, auto& name, Kind kind, typename... Arguments>
NOINLINE auto timed(Arguments... arguments) {
  using Result = decltype(real(arguments...));
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const long number = kind == Kind::kIo ? descriptor_of(arguments...) : -1;
  // Counted from 1, so that none is null.
  const auto* const object = reinterpret_cast<const void*>(number + 1);
  waits::Wait wait(kind, object, caller, real.address(), name);
  off_processor::mark();
  if constexpr (__is_same(Result, void)) {
    real(arguments...);
    call_is_over(wait, 0);
  } else {
    const Result result = real(arguments...);
    call_is_over(wait, static_cast<long>(result));
    return result;
  }
}

template <auto& real, auto& name, Kind kind, typename Result, typename... Arguments>
consteval auto timed_as(Result (*)(Arguments...)) {
  return timed<real, name, kind, Arguments...>;
}

// For a name that this libc does not have, which a program finds here when it asks whether it does
// (epoll_pwait2 before glibc 2.35).
template <typename Result, typename... Arguments>
COLD Result is_missing(Arguments...) {
  errno = ENOSYS;
  return Result(-1);
}

template <typename Result, typename... Arguments>
Result (*is_missing_as(Result (*)(Arguments...)))(Arguments...) {
  return is_missing<Result, Arguments...>;
}

std::atomic<bool> is_following;

template <typename Function>
COLD void settle(const char* name, Next<Function>& real, Next<Function>& way, Function* timing) {
  const void* const found = interpose_sigmask::put_before_next(name, definitions::next(name));
  auto* next = reinterpret_cast<Function*>(const_cast<void*>(found));
  if (next == nullptr) next = is_missing_as(static_cast<Function*>(nullptr));
  real = next;
  way = is_following.load(std::memory_order_relaxed) ? timing : next;
}

#define CALL(result, name, parameters, arguments, kind)                                         \
  COLD void settle_##name() {                                                                   \
    settle<Type_##name>(                                                                        \
        #name, real_##name, way_##name,                                                         \
        timed_as<real_##name, text_of_##name, Kind::kind>(static_cast<Type_##name*>(nullptr))); \
  }
#include "preload/blocking_calls.def"
#undef CALL

struct Row {
  const char* name;
  void (*settle)();
  const void* (*next)();
};
const Row rows[] = {
#define CALL(result, name, ...) {#name, settle_##name, [] { return real_##name.address(); }},
#include "preload/blocking_calls.def"
#undef CALL
};

}  // namespace

// Under other names here, since libc's headers declare them.
#define CALL(result, name, parameters, arguments, kind)               \
  extern "C" EXPORT result exported_##name parameters __asm__(#name); \
  result exported_##name parameters {                                 \
    return way_##name arguments;                                      \
  }
#include "preload/blocking_calls.def"
#undef CALL

namespace interpose_blocking {

void follow() {
  is_following.store(true, std::memory_order_relaxed);
  for (const Row& row : rows) row.settle();
}

const void* next_of(const char* name) {
  for (const Row& row : rows) {
    if (strcmp(name, row.name) != 0) continue;
    if (row.next() == nullptr) row.settle();
    return row.next();
  }
  return nullptr;
}

}  // namespace interpose_blocking
