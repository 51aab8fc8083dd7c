#include "collectors/unwind/stack_memory.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>

#include "env/sys/thread_state.h"

namespace {

constexpr uint64_t kPage = 4096;

// Pages of which the last `closed` cannot be read, and the first neither.
class Pages {
 public:
  Pages(unsigned open, unsigned closed) : size_((1 + open + closed) * kPage) {
    void* p = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    memory_ = static_cast<char*>(p);
    REQUIRE(mprotect(memory_ + kPage, open * kPage, PROT_READ | PROT_WRITE) == 0);
  }
  ~Pages() { munmap(memory_, size_); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  uint64_t low() const { return reinterpret_cast<uint64_t>(memory_) + kPage; }

 private:
  size_t size_;
  char* memory_;
};

void write(uint64_t address, uint64_t value) {
  *reinterpret_cast<uint64_t*>(address) = value;
}

// Declares a stack to be the calling thread's own.
struct OwnStack {
  OwnStack(uint64_t low, uint64_t high) {
    thread_state.stack_low = low;
    thread_state.stack_high = high;
  }
  ~OwnStack() { thread_state.stack_low = thread_state.stack_high = 0; }
};

}  // namespace

TEST_CASE("a foreign stack is read up to the first page that cannot be") {
  Pages pages(2, 1);
  write(pages.low() + 64, 7);
  write(pages.low() + 2 * kPage - 8, 9);
  StackMemory memory(pages.low() + 64);
  uint64_t word = 0;
  CHECK((memory.load(pages.low() + 64, &word) && word == 7));
  CHECK((memory.load(pages.low() + 2 * kPage - 8, &word) && word == 9));
  CHECK(!memory.load(pages.low() + 2 * kPage, &word));
  CHECK((memory.load(pages.low() + 64, &word) && word == 7));
}

TEST_CASE("a stack pointer into nowhere reads nothing") {
  Pages pages(1, 1);
  uint64_t word;
  for (const uint64_t sp : {uint64_t{0}, uint64_t{8}, uint64_t{4096}, pages.low() + kPage,
                            uint64_t{1} << 47, ~uint64_t{0} - 4095, ~uint64_t{7}}) {
    StackMemory memory(sp);
    CHECK(!memory.load(sp, &word));
    CHECK(!memory.load(sp + 8, &word));
  }
}

TEST_CASE("below the red zone, between words and beyond all memory nothing is read") {
  Pages pages(2, 1);
  const uint64_t sp = pages.low() + 1024;
  const bool own = GENERATE(false, true);
  OwnStack stack(own ? pages.low() : 0, own ? pages.low() + 2 * kPage : 0);
  StackMemory memory(sp);
  uint64_t word;
  CHECK(!memory.load(sp - 136, &word));
  CHECK(!memory.load(sp + 1, &word));
  CHECK(!memory.load(sp + 4, &word));
  CHECK(!memory.load(0, &word));
  CHECK(memory.load(sp, &word));
}

// Rules of an epilogue still say that a popped register is where it was saved.
TEST_CASE("the red zone below the stack pointer can be read, also where it is on the page below") {
  Pages pages(2, 1);
  const uint64_t sp = pages.low() + kPage + 16;
  write(sp - 128, 5);
  const bool own = GENERATE(false, true);
  OwnStack stack(own ? pages.low() : 0, own ? pages.low() + 2 * kPage : 0);
  StackMemory memory(sp);
  uint64_t word = 0;
  CHECK((memory.load(sp - 128, &word) && word == 5));
}

TEST_CASE("the red zone of a stack pointer at the stack's end does not reach into the guard page") {
  Pages pages(1, 1);
  const uint64_t sp = pages.low() + 16;
  const bool own = GENERATE(false, true);
  OwnStack stack(own ? pages.low() : 0, own ? pages.low() + kPage : 0);
  StackMemory memory(sp);
  uint64_t word;
  CHECK(!memory.load(sp - 24, &word));
}

// A rule that says "saved at CFA - 8" with a CFA of 0: address + 8 wrapped, and the host died.
TEST_CASE("the last word of all addresses is refused, not touched") {
  Pages pages(1, 1);
  const bool own = GENERATE(false, true);
  OwnStack stack(own ? pages.low() : 0, own ? pages.low() + kPage : 0);
  StackMemory memory(pages.low() + 8);
  uint64_t word;
  CHECK(!memory.load(~uint64_t{7}, &word));
  CHECK(!memory.load(~uint64_t{0} - 15, &word));
}

TEST_CASE("a stack that is the thread's own ends where its bounds say") {
  Pages pages(3, 0);
  OwnStack stack(pages.low(), pages.low() + 2 * kPage);
  StackMemory memory(pages.low() + 256);
  uint64_t word;
  CHECK(memory.load(pages.low() + 2 * kPage - 8, &word));
  CHECK(!memory.load(pages.low() + 2 * kPage, &word));
}

TEST_CASE("no more than 1 MiB of a foreign stack is asked for") {
  Pages pages(300, 0);
  StackMemory memory(pages.low() + 256);
  uint64_t word;
  CHECK(memory.load(pages.low() + 255 * kPage, &word));
  CHECK(!memory.load(pages.low() + 256 * kPage, &word));
}

TEST_CASE("a frame grows, by less than 64 MiB") {
  const StackMemory memory(0x1000);
  CHECK(memory.is_above(0x1008, 0x1000));
  CHECK(!memory.is_above(0x1000, 0x1000));
  CHECK(!memory.is_above(0xff8, 0x1000));
  CHECK(memory.is_above(0x1000 + (64u << 20), 0x1000));
  CHECK(!memory.is_above(0x1008 + (64u << 20), 0x1000));
}
