// The calls of libc that may wait for something else than a thread (sleeps, input and output,
// children, signals), and those that open and close descriptors; some are both. Each goes by a
// pointer: to the next definition, or, while such calls are followed, to a function that times or
// counts it. So one that is not followed costs a jump, and none is looked up in a process that does
// not use it.
#include "preload/hooks/interpose_calls.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "env/sys/compiler/attributes.h"
#include "preload/hooks/counted_calls.h"
#include "preload/hooks/interpose_sigmask.h"
#include "preload/hooks/next.h"
#include "preload/hooks/timed_calls.h"
#include "preload/linkage/symbol_lookup.h"

struct mq_attr;
struct rusage;

namespace {

using namespace counted_calls;
using namespace interpose_calls;

#define TIMED(result, name, parameters, arguments, kind) \
  CALL(kTimed, result, name, parameters, arguments,      \
       timed_calls::timed_as<real_##name, waits::Kind::kind>(static_cast<Type_##name*>(nullptr)))
#define COUNTED(...) CALL(kCounted, __VA_ARGS__)
#define COUNTED_AND_TIMED(...) CALL(kCounted | kTimed, __VA_ARGS__)

// The next definition of each, the way that its calls take, and what that begins as.
#define CALL(uses, result, name, parameters, arguments, ...) \
  using Type_##name = result parameters;                     \
  void settle_##name();                                      \
  result first_##name parameters;                            \
  constinit Next<Type_##name> real_##name{nullptr};          \
  constinit Next<Type_##name> way_##name{first_##name};      \
  COLD result first_##name parameters {                      \
    settle_##name();                                         \
    return way_##name arguments;                             \
  }
#include "preload/hooks/blocking_calls.def"
#include "preload/hooks/descriptors.def"
#undef CALL

}  // namespace

#define CALL(uses, result, name, ...) \
  template <>                         \
  inline constexpr const char* timed_calls::name_of<real_##name> = #name;
#include "preload/hooks/blocking_calls.def"
#include "preload/hooks/descriptors.def"
#undef CALL

namespace {

// For a name that this libc does not have, which a program finds here when it asks whether it does
// (epoll_pwait2 before glibc 2.35).
template <typename Result, typename... Arguments>
COLD Result is_missing(Arguments...) {
  errno = ENOSYS;
  if constexpr (requires(Result result) { *result; }) {
    return nullptr;
  } else {
    return Result(-1);
  }
}

template <typename Result, typename... Arguments>
Result (*is_missing_as(Result (*)(Arguments...)))(Arguments...) {
  return is_missing<Result, Arguments...>;
}

std::atomic<unsigned> uses_followed;

template <typename Function>
COLD void settle(const char* name, Next<Function>& real, Next<Function>& way, Function* ours,
                 unsigned uses) {
  const void* const found = interpose_sigmask::put_before_next(name, symbol_lookup::next(name));
  auto* next = reinterpret_cast<Function*>(const_cast<void*>(found));
  if (next == nullptr) next = is_missing_as(static_cast<Function*>(nullptr));
  real = next;
  way = (uses_followed.load(std::memory_order_relaxed) & uses) != 0 ? ours : next;
}

#define CALL(uses, result, name, parameters, arguments, ...)                \
  COLD void settle_##name() {                                               \
    settle<Type_##name>(#name, real_##name, way_##name, __VA_ARGS__, uses); \
  }
#include "preload/hooks/blocking_calls.def"
#include "preload/hooks/descriptors.def"
#undef CALL

struct Row {
  const char* name;
  unsigned uses;
  void (*settle)();
  const void* (*next)();
};
const Row rows[] = {
#define CALL(uses, result, name, ...) \
  {#name, uses, settle_##name, [] { return real_##name.address(); }},
#include "preload/hooks/blocking_calls.def"
#include "preload/hooks/descriptors.def"
#undef CALL
};

}  // namespace

// Under other names here, since libc's headers declare them.
#define CALL(uses, result, name, parameters, arguments, ...)          \
  extern "C" EXPORT result exported_##name parameters __asm__(#name); \
  result exported_##name parameters {                                 \
    return way_##name arguments;                                      \
  }
#include "preload/hooks/blocking_calls.def"
#include "preload/hooks/descriptors.def"
#undef CALL

namespace interpose_calls {

void follow(unsigned uses) {
  uses_followed.fetch_or(uses, std::memory_order_relaxed);
  for (const Row& row : rows) {
    if ((row.uses & uses) != 0) row.settle();
  }
}

const void* next_of(const char* name, unsigned uses) {
  for (const Row& row : rows) {
    if ((row.uses & ~uses) != 0 || strcmp(name, row.name) != 0) continue;
    if (row.next() == nullptr) row.settle();
    return row.next();
  }
  return nullptr;
}

}  // namespace interpose_calls
