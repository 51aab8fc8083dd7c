#include "env/sys/frames.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "env/sys/thread_state.h"

using frames::Hold;
using Taken = frames::Hold::Taken;

namespace {

// The bounds of the calling thread's stack, as threads::begin finds them.
class KnownStack {
 public:
  KnownStack() : low_(thread_state.stack_low), high_(thread_state.stack_high) {
    pthread_attr_t attributes;
    void* low = nullptr;
    size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_destroy(&attributes);
    thread_state.stack_low = reinterpret_cast<uint64_t>(low);
    thread_state.stack_high = thread_state.stack_low + size;
  }
  ~KnownStack() {
    thread_state.stack_low = low_;
    thread_state.stack_high = high_;
  }

 private:
  uint64_t low_, high_;
};

uint64_t address(const char* of) {
  return reinterpret_cast<uint64_t>(of);
}

[[gnu::noinline]] Taken take_in_a_frame(Hold& hold) {
  return hold.take(gettid(), address(static_cast<const char*>(__builtin_frame_address(0))));
}

}  // namespace

TEST_CASE("a hold is one frame's, until that lets go or is gone") {
  const KnownStack known;
  Hold hold{};
  const auto here = address(static_cast<const char*>(__builtin_frame_address(0)));
  CHECK(hold.take(gettid(), here) == Taken::kWasFree);
  // As a handler does that interrupts the frame.
  CHECK(take_in_a_frame(hold) == Taken::kNot);
  hold.let_go();
  CHECK(take_in_a_frame(hold) == Taken::kWasFree);
  // The frame has ended without a word, as one that a jump has left.
  std::thread([&] { CHECK(take_in_a_frame(hold) == Taken::kNot); }).join();
  CHECK(hold.is_held_by(gettid()));
  CHECK(take_in_a_frame(hold) == Taken::kWasLeft);
  hold.give_up_left(gettid(), here);
  CHECK(!hold.is_held());
}

TEST_CASE("a hold goes over from a thread that has ended, not from one that lives") {
  Hold hold{};
  std::atomic<int> state{0}, number{0};
  std::thread owner([&] {
    take_in_a_frame(hold);
    number = gettid();
    for (state = 1; state != 2;) std::this_thread::yield();
  });
  while (state != 1) std::this_thread::yield();
  CHECK(!hold.take_from_ended(gettid(),
                              address(static_cast<const char*>(__builtin_frame_address(0)))));
  state = 2;
  owner.join();
  // The kernel still has it for a moment.
  while (tgkill(getpid(), number, 0) == 0) std::this_thread::yield();
  CHECK(hold.take_from_ended(gettid(),
                             address(static_cast<const char*>(__builtin_frame_address(0)))));
  CHECK(hold.is_held_by(gettid()));
}

TEST_CASE("a forked child has what its thread held, and nothing of other threads") {
  Hold mine{}, others{};
  mine.take_if_free(100, Hold::kNeverLeft);
  others.take_if_free(101, Hold::kNeverLeft);
  mine.forked(100, 200);
  others.forked(100, 200);
  CHECK(mine.is_held_by(200));
  CHECK(!others.is_held());
}

TEST_CASE("a frame is judged by the stack that it stands on") {
  const KnownStack known;
  // Above and below what is on them: the order of stacks says nothing.
  std::vector<char> alternate(65536), fiber(1 << 20);
  const stack_t ours{alternate.data(), 0, alternate.size()};
  stack_t before{};
  REQUIRE(sigaltstack(&ours, &before) == 0);
  const uint64_t own = thread_state.stack_high - 65536;
  const uint64_t low = address(alternate.data()), on_fiber = address(fiber.data()) + 4096;
  // One stack: in order.
  CHECK(frames::is_gone(own, own));
  CHECK(frames::is_gone(own, own + 64));
  CHECK(!frames::is_gone(own, own - 64));
  CHECK(frames::is_gone(low + 4096, low + 8192));
  CHECK(!frames::is_gone(low + 4096, low + 64));
  // A handler on the alternate stack, or a fiber, hides a frame that goes on.
  CHECK(!frames::is_gone(own, low + 64));
  CHECK(!frames::is_gone(own, on_fiber));
  CHECK(!frames::is_gone(on_fiber, low + 64));
  // Such a handler is over when the thread runs elsewhere; a fiber may go on later.
  CHECK(frames::is_gone(low + 64, own));
  CHECK(frames::is_gone(low + 64, on_fiber));
  CHECK(!frames::is_gone(on_fiber, own));
  CHECK(frames::is_gone(on_fiber, on_fiber + 64));
  CHECK(!frames::is_gone(on_fiber, on_fiber + 128 * 1024));
  sigaltstack(&before, nullptr);
}
