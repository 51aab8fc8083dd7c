#include "collectors/snapshot/thread_snapshot.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "collectors/life/thread.h"
#include "collectors/timers/tick_timer.h"
#include "tests/unit/tables/open_tables.h"

namespace {

std::vector<int> seen;

const thread_snapshot::Round kLastRound{
    0, [](const thread_snapshot::Present& thread) { seen.push_back(thread.tid); }, true};

// A thread that has the record while it is heard; gives its number.
int heard_in_thread(Thread* record, bool* is_again_free) {
  int tid = 0;
  std::thread([&] {
    Thread* mine = threads::acquire();
    *is_again_free = record == nullptr || mine == record;
    threads::begin(*mine, 0);
    tid = gettid();
    thread_snapshot::hear(*mine, kLastRound);
    threads::end(*mine);
  }).join();
  return tid;
}

}  // namespace

TEST_CASE("a thread whose record was another's in the same call is seen") {
  const OpenTables tables;
  Thread* record = threads::acquire();
  threads::release(*record);
  thread_snapshot::begin();
  seen.clear();
  bool is_same = false;
  const int first = heard_in_thread(record, &is_same);
  REQUIRE(is_same);
  const int second = heard_in_thread(record, &is_same);
  REQUIRE(is_same);
  CHECK(seen == std::vector<int>{first, second});
}

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
    if (question != tick_timer::kNone) questions.push_back(question);
  }
  CHECK(questions.size() <= kLimit / 2);
  for (const int32_t question : questions) tick_timer::take_back(question);
  setrlimit(RLIMIT_SIGPENDING, &before);
}
