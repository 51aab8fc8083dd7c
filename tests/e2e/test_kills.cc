// Kills at random moments: what is recovered, beside what the program knew of itself.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>

#include "tests/e2e/victim.h"

using namespace e2e;

namespace {

int64_t inuse(const ProfileFile& heap) {
  int64_t sum = 0;
  for (int i = 0; i < heap.proto().sample_size(); i++) {
    const std::vector<Frame> frames = heap.frames(i);
    const bool here = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
      return frame.function == "site_until_killed";
    });
    if (here) sum += heap.proto().sample(i).value(2);
  }
  return sum;
}

struct Errors {
  double most_cpu_ms = 0, most_ticked_ms = 0;
  int64_t most_objects = 0;
  int64_t waits = 0, waited_ns = 0, delay_ns = 0;
};

// Each thread may have been killed between its wait and its count of it.
void compare_waits(const Victim& victim, Errors& errors) {
  const ProfileFile block(only(victim.output.profiles("block")));
  check_says_so(block);
  const int64_t waits = block.containing("contentions", "lock_until_killed");
  CHECK(waits >= victim.sum(&Done::long_waits));
  CHECK(waits <= victim.sum(&Done::waits) + kThreads);
  // What a thread measures around the call is more by our own work, and its turns on the processor.
  const int64_t waited = victim.sum(&Done::waited_ns);
  const int64_t delay = block.containing("delay", "lock_until_killed");
  if (waits <= victim.sum(&Done::waits)) CHECK(delay <= waited);
  CHECK(delay >= waited / 2);
  errors.waits += waits;
  errors.waited_ns += waited;
  errors.delay_ns += delay;
}

// The last sample of two busy threads is not old, on a busy machine either.
void compare_duration(const ProfileFile& profile, double worked_ms, double lived_ms) {
  const auto ms = static_cast<double>(profile.proto().duration_nanos()) / 1e6;
  CHECK(ms <= lived_ms + 10);
  CHECK(ms >= worked_ms / 2 - 50);
}

void kill_and_compare(std::mt19937& random, Errors& errors) {
  const auto start = std::chrono::steady_clock::now();
  Victim victim;
  const unsigned worked_us = random() % 250000;
  usleep(worked_us);
  victim.end();
  const std::chrono::duration<double, std::milli> lived = std::chrono::steady_clock::now() - start;
  const Outcome outcome = recover({victim.spool.path()});
  INFO(outcome.err);
  CHECK(outcome.end() == "exit 0");
  CHECK(victim.spool.files().empty());
  const ProfileFile cpu(only(victim.output.profiles("cpu")));
  const ProfileFile heap(only(victim.output.profiles("heap")));
  check_says_so(cpu);
  check_says_so(heap);
  compare_waits(victim, errors);
  compare_duration(heap, worked_us / 1e3, lived.count());
  // Each thread may have been killed between a block and its count of it.
  const int64_t objects = heap.containing("alloc_objects", "site_until_killed");
  const int64_t true_objects = victim.sum(&Done::objects);
  CHECK(objects >= true_objects);
  CHECK(objects <= true_objects + kThreads);
  // Those that are kept, and of each thread the last one.
  const int64_t kept = victim.sum(&Done::kept);
  CHECK(inuse(heap) >= kept);
  CHECK(inuse(heap) <= kept + 3 * kThreads);
  // Each thread's last sample was still to come: a period, before the kernel's last tick; and main
  // had the loader's time.
  const auto cpu_ms = static_cast<double>(cpu.total("cpu")) / 1e6;
  const auto true_cpu_ms = static_cast<double>(victim.sum(&Done::cpu_ns)) / 1e6;
  CHECK(cpu_ms <= true_cpu_ms + 2 * kThreads);
  const auto ticked_ms = static_cast<double>(victim.sum(&Done::ticked_ns)) / 1e6;
  CHECK(cpu_ms >= ticked_ms - kThreads * 10 - 5);
  errors.most_ticked_ms = std::max(errors.most_ticked_ms, ticked_ms - cpu_ms);
  errors.most_cpu_ms = std::max(errors.most_cpu_ms, true_cpu_ms - cpu_ms);
  errors.most_objects = std::max(errors.most_objects, objects - true_objects);
}

}  // namespace

TEST_CASE("killed at any moment: a valid profile, within a sample a thread of the truth") {
  const char* asked = getenv("RECOVER_KILLS");
  const int kills = asked != nullptr ? atoi(asked) : 20;
  std::mt19937 random(asked != nullptr ? std::random_device()() : 1);
  Errors errors;
  for (int i = 0; i < kills; i++) kill_and_compare(random, errors);
  figure(
      "recovered after %d kills: at most %.1f ms of CPU time missing on %d threads (%.1f to the "
      "kernel's last tick), %lld blocks too many; %lld waits, their time %.4f of what the threads "
      "measured",
      kills, errors.most_cpu_ms, kThreads, errors.most_ticked_ms,
      static_cast<long long>(errors.most_objects), static_cast<long long>(errors.waits),
      static_cast<double>(errors.delay_ns) / static_cast<double>(errors.waited_ns));
}
