// The function below one of ours, as the exported function jumps to it.
#pragma once

#include <atomic>

#include "env/sys/compiler/attributes.h"

// Begins as a function that finds the definition, so that the way there asks nothing. Relaxed: each
// pointer alone is right at any time.
template <typename Function>
class Next {
 public:
  constexpr explicit Next(Function* first) : function_(first) {}
  void operator=(Function* next) { function_.store(next, std::memory_order_relaxed); }
  bool is(Function* next) const { return get() == next; }
  Function* get() const { return function_.load(std::memory_order_relaxed); }
  const void* address() const { return reinterpret_cast<const void*>(get()); }
  bool is_set() const { return !is(nullptr); }
  template <typename... Arguments>
  ALWAYS_INLINE auto operator()(Arguments... arguments) const {
    return function_.load(std::memory_order_relaxed)(arguments...);
  }

 private:
  std::atomic<Function*> function_;
};

// next_NAME, and the function that it begins as: `settle`, which the file defines, sets all of
// them.
#define NEXT_FUNCTION(result, name, parameters, arguments)     \
  result first_##name parameters;                              \
  constinit Next<result parameters> next_##name{first_##name}; \
  result first_##name parameters {                             \
    settle();                                                  \
    return next_##name arguments;                              \
  }
