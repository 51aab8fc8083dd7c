#include "collectors/core/tick_timer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

TEST_CASE("questions leave half of the queued signals to the host") {
  rlimit before{};
  getrlimit(RLIMIT_SIGPENDING, &before);
  constexpr rlim_t kLimit = 64;
  rlimit few = before;
  few.rlim_cur = kLimit;
  setrlimit(RLIMIT_SIGPENDING, &few);
  // A signal that is ignored.
  std::vector<int32_t> questions;
  for (rlim_t i = 0; i < kLimit; i++) {
    const int32_t question = tick_timer::ask(getpid(), SIGWINCH);
    if (question >= 0) questions.push_back(question);
  }
  CHECK(questions.size() <= kLimit / 2);
  for (const int32_t question : questions) tick_timer::take_back(question);
  setrlimit(RLIMIT_SIGPENDING, &before);
}
