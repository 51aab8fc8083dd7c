#include "collectors/waits/wait_estimator.h"

#include <catch2/catch.hpp>

namespace {

// A thread whose clock and kernel are said to it.
struct Told {
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
  Told told;
  CHECK(told.wait(500));
  told.waited_ns = 0;
  uint64_t truth = 0;
  for (int i = 0; i < 100000; i++) {
    told.run(700);
    CHECK(told.wait(900, 200));
    truth += 900;
  }
  told.run(50000);
  CHECK(told.wait(5000000));  // settles what is owed
  truth += 5000000;
  CHECK(told.asked < 250);
  CHECK(static_cast<double>(told.waited_ns) == Approx(static_cast<double>(truth)).epsilon(0.001));
}

TEST_CASE("what a thread ran before a wait whose start is not known is no part of it") {
  Told told;
  told.wait(500);
  told.wait(500);
  told.waited_ns = 0;
  told.run(3000000);
  CHECK(told.off.start_ns() != 0);
  CHECK(told.wait(40000000));
  CHECK(told.waited_ns == Approx(40000000).margin(1000));
}

TEST_CASE("a call in which the thread was only displaced is no wait, nor the next one's time") {
  Told told;
  told.wait(3000000);
  told.run(100000);
  CHECK(told.is_displaced_in_call(4000000));
  told.waited_ns = 0;
  told.run(10000);
  CHECK(told.wait(200000));
  CHECK(told.waited_ns == 200000);
}

// A child that ends displaces its parent for less than 20 us in a call that asks for it; who is
// written to displaces who writes. The wait after it was taken for the displacement.
TEST_CASE("waits after short calls in which the thread was displaced are as long as they were") {
  const int calls = GENERATE(1, 2, 5);
  const bool waits_shortly = GENERATE(false, true);
  const uint64_t ns = GENERATE(100000, 1000000, 9000000, 40000000);
  INFO(calls << " calls, waits of " << ns << ", after a short one: " << waits_shortly);
  Told told;
  told.wait(40000000);
  told.waited_ns = 0;
  uint64_t truth = 0, displaced = 0;
  for (int again = 0; again < 100; again++) {
    if (waits_shortly) told.wait(5000);
    for (int i = 0; i < calls; i++) {
      told.is_displaced_in_call(5000);
      told.run(1000);
      displaced += 5000;
    }
    told.run(20000);
    CHECK(told.wait(ns));
    truth += ns + (waits_shortly ? 5000 : 0);
  }
  // The short calls may pass for waits.
  CHECK(static_cast<double>(told.waited_ns) > 0.99 * static_cast<double>(truth));
  CHECK(static_cast<double>(told.waited_ns) < 1.01 * static_cast<double>(truth + displaced));
}

TEST_CASE(
    "in a row of short waits the first displacement of a second passes for a wait, no other") {
  Told told;
  uint64_t truth = 0;
  for (int again = 0; again < 10; again++) {
    for (int i = 0; i < 50; i++) {
      told.run(700);
      told.wait(900);
    }
    truth += 50 * 900;
    CHECK(told.is_displaced_in_call(80000000) == (again > 0));
  }
  CHECK(static_cast<double>(told.waited_ns) ==
        Approx(static_cast<double>(truth + 80000000)).epsilon(0.01));
}

TEST_CASE("CPU time in a wait is taken off, time that others took is not") {
  Told told;
  told.wait(3000000);
  told.waited_ns = 0;
  told.run(1000000);
  told.displace(2000000);
  CHECK(told.wait(5000000, 30000));
  CHECK(told.waited_ns == Approx(5000000).margin(30000));
  told.waited_ns = 0;
  told.run(1000000);
  CHECK(told.wait(5000000, 30000));
  CHECK(told.waited_ns == 5000000);
}

TEST_CASE("a tick makes the next wait have a start of its own") {
  Told told;
  told.wait(500);
  told.wait(500);
  CHECK(told.off.start_ns() != 0);
  told.off.ran();
  CHECK(told.off.start_ns() == 0);
}
