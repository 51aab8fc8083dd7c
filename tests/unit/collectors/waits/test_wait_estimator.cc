#include "collectors/waits/wait_estimator.h"

#include <catch2/catch.hpp>

namespace {

// A thread with a simulated clock and kernel.
struct Thread {
  WaitEstimator off{};
  preemption_probe::Use use{};
  uint64_t now_ns = 1000000000, waited_ns = 0;
  unsigned asked = 0;

  void run(uint64_t ns) {
    now_ns += ns;
    use.cpu_ns += ns;
  }
  void displace(uint64_t ns) {
    now_ns += ns;
    use.displaced++;
  }
  bool is_displaced_in_call(uint64_t ns) {
    const uint64_t start_ns = start();
    displace(ns);
    return !ended(start_ns);
  }
  // Ends a call that took `ns` from `start_ns` on, in which the thread left the processor.
  bool ended(uint64_t start_ns) {
    const uint64_t ns = now_ns - start_ns;
    uint64_t waited = 0;
    bool did = true;
    if (!off.is_to_ask(ns, now_ns)) {
      waited = off.short_wait(ns, now_ns);
    } else {
      asked++;
      did = off.asked(use, ns, now_ns, &waited);
    }
    waited_ns += waited;
    return did;
  }
  uint64_t start() const { return off.start_ns() != 0 ? off.start_ns() : now_ns; }
  bool wait(uint64_t ns, uint64_t inside_ns = 0) {
    const uint64_t start_ns = start();
    run(inside_ns);
    now_ns += ns;
    use.given_up++;
    return ended(start_ns);
  }
};

}  // namespace

TEST_CASE("short waits in a row are asked for once a millisecond, and are as long in all") {
  Thread thread;
  CHECK(thread.wait(500));
  thread.waited_ns = 0;
  uint64_t truth = 0;
  for (int i = 0; i < 100000; i++) {
    thread.run(700);
    CHECK(thread.wait(900, 200));
    truth += 900;
  }
  thread.run(50000);
  CHECK(thread.wait(5000000));  // settles what is owed
  truth += 5000000;
  CHECK(thread.asked < 250);
  CHECK(static_cast<double>(thread.waited_ns) == Approx(static_cast<double>(truth)).epsilon(0.001));
}

TEST_CASE("what a thread ran before a wait whose start is not known is no part of it") {
  Thread thread;
  thread.wait(500);
  thread.wait(500);
  thread.waited_ns = 0;
  thread.run(3000000);
  CHECK(thread.off.start_ns() != 0);
  CHECK(thread.wait(40000000));
  CHECK(thread.waited_ns == Approx(40000000).margin(1000));
}

TEST_CASE("a call in which the thread was only preempted is no wait, nor the next one's time") {
  Thread thread;
  thread.wait(3000000);
  thread.run(100000);
  CHECK(thread.is_displaced_in_call(4000000));
  thread.waited_ns = 0;
  thread.run(10000);
  CHECK(thread.wait(200000));
  CHECK(thread.waited_ns == 200000);
}

// An ending child preempts its parent for less than 20 us, in a call that asks for it; a reader
// preempts its writer. The wait after the call was taken for the preemption.
TEST_CASE("waits after short calls in which the thread was preempted are as long as they were") {
  const int calls = GENERATE(1, 2, 5);
  const bool waits_shortly = GENERATE(false, true);
  const uint64_t ns = GENERATE(100000, 1000000, 9000000, 40000000);
  INFO(calls << " calls, waits of " << ns << ", after a short one: " << waits_shortly);
  Thread thread;
  thread.wait(40000000);
  thread.waited_ns = 0;
  uint64_t truth = 0, displaced = 0;
  for (int again = 0; again < 100; again++) {
    if (waits_shortly) thread.wait(5000);
    for (int i = 0; i < calls; i++) {
      thread.is_displaced_in_call(5000);
      thread.run(1000);
      displaced += 5000;
    }
    thread.run(20000);
    CHECK(thread.wait(ns));
    truth += ns + (waits_shortly ? 5000 : 0);
  }
  // The short calls may pass for waits.
  CHECK(static_cast<double>(thread.waited_ns) > 0.99 * static_cast<double>(truth));
  CHECK(static_cast<double>(thread.waited_ns) < 1.01 * static_cast<double>(truth + displaced));
}

TEST_CASE("in a row of short waits the first preemption of a second passes for a wait, no other") {
  Thread thread;
  uint64_t truth = 0;
  for (int again = 0; again < 10; again++) {
    for (int i = 0; i < 50; i++) {
      thread.run(700);
      thread.wait(900);
    }
    truth += 50 * 900;
    CHECK(thread.is_displaced_in_call(80000000) == (again > 0));
  }
  CHECK(static_cast<double>(thread.waited_ns) ==
        Approx(static_cast<double>(truth + 80000000)).epsilon(0.01));
}

TEST_CASE("CPU time in a wait is taken off, time that others took is not") {
  Thread thread;
  thread.wait(3000000);
  thread.waited_ns = 0;
  thread.run(1000000);
  thread.displace(2000000);
  CHECK(thread.wait(5000000, 30000));
  CHECK(thread.waited_ns == Approx(5000000).margin(30000));
  thread.waited_ns = 0;
  thread.run(1000000);
  CHECK(thread.wait(5000000, 30000));
  CHECK(thread.waited_ns == 5000000);
}

TEST_CASE("a tick makes the next wait have a start of its own") {
  Thread thread;
  thread.wait(500);
  thread.wait(500);
  CHECK(thread.off.start_ns() != 0);
  thread.off.ran();
  CHECK(thread.off.start_ns() == 0);
}
