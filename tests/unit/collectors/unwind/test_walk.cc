// The walk through frames of each kind, judged by libunwind's unw_step from the same registers.
#include "collectors/unwind/walk.h"

#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "env/sys/thread_state.h"
#include "tests/unit/collectors/unwind/walk_judge.h"
#include "tests/unit/collectors/unwind/walk_targets.h"

namespace {

struct Seen {
  Pcs judge, from_context, from_hook;
  int judge_end = 1, flags = 0, hook_flags = 0;
};
std::vector<Seen> seen;

// The leaf, as an interposer is one: a function with a frame pointer, called by the host.
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void look() {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Seen now;
  unw_context_t context;
  unw_getcontext(&context);
  now.judge = judged(&context, &now.judge_end);
  BorrowedBuffer buffer;
  stack_trace::capture_context(&context, *buffer);
  now.from_context = pcs_of((*buffer).trace);
  now.flags = (*buffer).trace.flags;
  capture_here(caller, *buffer);
  now.from_hook = pcs_of((*buffer).trace);
  now.hook_flags = (*buffer).trace.flags;
  seen.push_back(now);
}

struct FreshWalks : Walks {
  explicit FreshWalks(unsigned depth = 512) : Walks(depth) { seen.clear(); }
};

struct Target {
  const char* name;
  void (*run)(int, Leaf);
  size_t looks;
};

}  // namespace

TEST_CASE("frames of every kind are walked to the thread's first, as libunwind walks them") {
  const Target target = GENERATE(
      Target{"nested", nested, 1}, Target{"alloca", with_alloca, 1},
      Target{"realigned", realigned, 1}, Target{"realigned with alloca", realigned_alloca, 1},
      Target{"handler", in_handler, 1},
      Target{"handler on another stack", in_handler_on_other_stack, 1},
      Target{"fiber", on_fiber, 1}, Target{"frame pointers without rules", without_rules, 1},
      Target{"thread", in_thread, 1}, Target{"destructors while throwing", in_destructor, 9});
  const bool stack_is_known = GENERATE(true, false);
  FreshWalks walks;
  if (!stack_is_known) thread_state.stack_low = thread_state.stack_high = 0;
  target.run(7, look);
  target.run(7, look);  // warm: from the cache
  INFO(target.name << (stack_is_known ? "" : ", unknown stack"));
  CHECK(seen.size() == 2 * target.looks);
  for (const Seen& s : seen) {
    CHECK(s.judge_end == 0);
    CHECK(s.flags == 0);
    CHECK(s.hook_flags == 0);
    CHECK(s.from_context == s.judge);
    CHECK(s.from_hook == s.judge);
  }
}

TEST_CASE("recursion shows every frame, up to the depth asked for") {
  FreshWalks walks(100);
  nested(50, look);
  nested(500, look);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].from_hook.size() > 50);
  CHECK(seen[0].hook_flags == 0);
  CHECK(seen[1].from_hook.size() == 100);
  CHECK(seen[1].hook_flags == layout::kStackTruncated);
  CHECK(tables::header().counters[layout::kTruncatedStacks] == 2);
  CHECK(Pcs(seen[1].judge.begin(), seen[1].judge.begin() + 100) == seen[1].from_hook);
}

TEST_CASE("a stack exactly as deep as asked for is whole") {
  FreshWalks walks;
  nested(20, look);
  const auto depth = static_cast<unsigned>(seen[0].from_hook.size());
  stack_trace::set_depth(depth);
  nested(20, look);
  stack_trace::set_depth(depth - 1);
  nested(20, look);
  CHECK(seen[1].hook_flags == 0);
  CHECK(seen[2].hook_flags == layout::kStackTruncated);
}

TEST_CASE("registers that lead nowhere give a short stack and a count") {
  FreshWalks walks;
  nested(3, look);  // the code is known from here on
  ucontext_t context;
  getcontext(&context);
  greg_t* r = context.uc_mcontext.gregs;
  BorrowedBuffer buffer;
  for (const greg_t pc : {greg_t{0}, greg_t{1}, ~greg_t{0}, greg_t{1} << 47, r[REG_RIP]}) {
    for (const greg_t sp :
         {greg_t{0}, greg_t{8}, greg_t{4096}, greg_t{-8}, greg_t{-4096}, greg_t{3}}) {
      for (const greg_t fp : {greg_t{0}, sp, greg_t{-16}, greg_t{-8}, greg_t{5}}) {
        r[REG_RIP] = pc;
        r[REG_RSP] = sp;
        r[REG_RBP] = fp;
        stack_trace::capture_context(&context, *buffer);
        CHECK((*buffer).trace.flags != 0);
        CHECK((*buffer).trace.depth <= 1);
      }
    }
  }
  const auto& counters = tables::header().counters;
  CHECK(counters[layout::kUnknownCode] + counters[layout::kUnwindFailures] == 5 * 6 * 5);
}

TEST_CASE("a chain of frame pointers that bites its tail ends") {
  FreshWalks walks;
  ucontext_t context;
  getcontext(&context);
  alignas(16) static uint64_t frames[4];
  frames[0] = frames[2] = reinterpret_cast<uint64_t>(frames);
  const auto code = reinterpret_cast<greg_t>(without_rules);
  frames[1] = frames[3] = static_cast<uint64_t>(code + 1);
  context.uc_mcontext.gregs[REG_RIP] = code;
  context.uc_mcontext.gregs[REG_RSP] = reinterpret_cast<greg_t>(frames);
  context.uc_mcontext.gregs[REG_RBP] = reinterpret_cast<greg_t>(frames);
  BorrowedBuffer buffer;
  stack_trace::capture_context(&context, *buffer);
  CHECK((*buffer).trace.flags != 0);
}

namespace {

// Walks the leaf anew and with what the last walk left; both must tell the same.
std::vector<std::pair<Pcs, Pcs>> pairs;
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void look_twice() {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  BorrowedBuffer buffer;
  capture_here(caller, *buffer);
  const Pcs reused = pcs_of((*buffer).trace);
  const LastWalk kept = (*buffer).last;
  (*buffer).last.generation = 0;
  capture_here(caller, *buffer);
  pairs.emplace_back(reused, pcs_of((*buffer).trace));
  (*buffer).last = kept;
}

int random_below(int n) {
  static std::mt19937 random(7);
  return static_cast<int>(random() % static_cast<unsigned>(n));
}

void wander(int left, Leaf leaf);
template <int N>
__attribute__((noinline)) void room(int left, Leaf leaf) {
  volatile char bytes[N * 24 + 8];
  bytes[0] = N;
  wander(left - 1, leaf);
  bytes[1] = bytes[0];
}

// A stack that grows and shrinks at random, over the same memory with other frames.
__attribute__((noinline)) void wander(int left, Leaf leaf) {
  for (int i = random_below(3); i >= 0; i--) {
    if (left <= 0 || random_below(6) == 0) leaf();
    if (left <= 0) return;
    if (random_below(8) == 0) in_handler(random_below(3), leaf);
    if (random_below(8) == 0) realigned(random_below(3), leaf);
    void (*const rooms[])(int, Leaf) = {room<1>, room<2>, room<3>, room<7>};
    rooms[random_below(4)](left, leaf);
  }
}

}  // namespace

TEST_CASE("a walk that follows the last one sees what a walk from nothing sees") {
  FreshWalks walks;
  const int depth = GENERATE(3, 10, 12);
  pairs.clear();
  for (int i = 0; i < 20; i++) wander(depth, look_twice);
  size_t wrong = 0;
  for (const auto& [reused, fresh] : pairs) wrong += reused != fresh;
  CHECK(wrong == 0);
  CHECK(pairs.size() > 50);
}

TEST_CASE(
    "more walks at once than there are buffers: the last gets none, and later ones do again") {
  std::vector<std::unique_ptr<BorrowedBuffer>> taken;
  for (int i = 0; i < 64; i++) {
    taken.push_back(std::make_unique<BorrowedBuffer>(gettid()));
    CHECK(*taken.back());
  }
  CHECK(!BorrowedBuffer());
  taken.clear();
  CHECK(BorrowedBuffer());
}

TEST_CASE("a forked child has the buffers that its parent's other threads were using") {
  std::vector<std::unique_ptr<BorrowedBuffer>> taken;
  std::thread([&] {
    for (int i = 0; i < 63; i++) taken.push_back(std::make_unique<BorrowedBuffer>(gettid()));
  }).join();
  const BorrowedBuffer own;
  REQUIRE(own);
  const int32_t before = gettid();
  const pid_t child = fork();
  if (child == 0) {
    stack_trace::free_buffers_of_others(before);
    int found = 0;
    std::vector<std::unique_ptr<BorrowedBuffer>> mine;
    for (int i = 0; i < 64; i++) {
      mine.push_back(std::make_unique<BorrowedBuffer>(gettid()));
      found += *mine.back() ? 1 : 0;
    }
    _exit(found);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 63);
}

TEST_CASE("a walk on the thread's own stack makes no system call, cold or warm") {
  FreshWalks walks;
  const pid_t child = fork();
  if (child == 0) {
    threads::begin_again();
    stack_trace::forget_code();
    static ucontext_t context;
    getcontext(&context);
    // From here on only read, write, _exit and sigreturn; anything else is SIGKILL.
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(77);
    bool whole = true;
    for (int i = 0; i < 2; i++) {
      BorrowedBuffer buffer;
      stack_trace::capture_context(&context, *buffer);
      whole = whole && (*buffer).trace.flags == 0;
    }
    syscall(SYS_exit, whole ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK((WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77));
}

namespace {
sigjmp_buf above_the_walk;

[[gnu::noinline]] void leave_a_walk() {
  const BorrowedBuffer buffer;
  siglongjmp(above_the_walk, buffer ? 1 : 2);
}
}  // namespace

TEST_CASE("a jump out of a walk gives its buffer back to the thread's next walk") {
  static int without;
  static int i;  // past the jumps
  for (i = 0; i < 200; i++) {
    const int how = sigsetjmp(above_the_walk, 0);
    if (how == 0) leave_a_walk();
    without += how == 2;
  }
  CHECK(without == 0);
  std::vector<std::unique_ptr<BorrowedBuffer>> taken;
  std::thread([&] {
    for (int j = 0; j < 63; j++) taken.push_back(std::make_unique<BorrowedBuffer>(gettid()));
  }).join();
  for (const auto& each : taken) CHECK(*each);
  CHECK(BorrowedBuffer());
}

TEST_CASE("the buffers of threads that ended amid a walk are found again") {
  alignas(BorrowedBuffer) static char left[64][sizeof(BorrowedBuffer)];
  for (auto& place : left) {
    int tid = 0;
    std::thread([&] { new (place) BorrowedBuffer(tid = gettid()); }).join();
    while (tgkill(getpid(), tid, 0) == 0) continue;  // the kernel still has it for a moment
  }
  int found = 0;  // one is asked for at each walk
  for (int i = 0; i < 64; i++) found += BorrowedBuffer() ? 1 : 0;
  CHECK(found == 64);
}
