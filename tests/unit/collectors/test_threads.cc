#include "collectors/life/thread.h"

#include <pthread.h>

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

#include "collectors/timers/tick_timer.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"
#include "tests/unit/tables/in_threads.h"
#include "tests/unit/tables/open_tables.h"

namespace {

std::string label_text(layout::Ref set, uint32_t* count) {
  if (set == 0) return "";
  const layout::LabelSet& s = *tables::made<layout::LabelSet>(set);
  *count = s.count;
  const layout::Text& t = *tables::made<layout::Text>(s.labels[0].text);
  return {t.bytes, t.length};
}

struct StackFacts {
  uint64_t low, high, sp, real_low;
};

void* note_stack(void* argument) {
  auto& facts = *static_cast<StackFacts*>(argument);
  pthread_attr_t attributes;
  pthread_getattr_np(pthread_self(), &attributes);
  void* low = nullptr;
  size_t size = 0;
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  Thread* thread = threads::acquire();
  threads::begin(*thread, facts.sp);  // the size, as the interposer of pthread_create knows it
  facts = {thread_state.stack_low, thread_state.stack_high,
           reinterpret_cast<uint64_t>(__builtin_frame_address(0)), reinterpret_cast<uint64_t>(low)};
  volatile uint64_t sum = 0;
  for (uint64_t at = facts.sp; at + 8 <= facts.high; at += 8)
    sum = sum + *reinterpret_cast<uint64_t*>(at);
  threads::end(*thread);
  return nullptr;
}

StackFacts stack_of_thread(size_t size, size_t guard) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  REQUIRE(pthread_attr_setstacksize(&attributes, size) == 0);
  REQUIRE(pthread_attr_setguardsize(&attributes, guard) == 0);
  StackFacts facts{0, 0, size, 0};
  pthread_t thread;
  REQUIRE(pthread_create(&thread, &attributes, note_stack, &facts) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  return facts;
}

}  // namespace

TEST_CASE("a released record is used again, one in use belongs to one thread") {
  Thread* a = threads::acquire();
  Thread* b = threads::acquire();
  REQUIRE(a != nullptr);
  CHECK(a != b);
  const uint32_t made = threads::high_water();
  threads::release(*a);
  CHECK(threads::acquire() == a);
  CHECK(threads::high_water() == made);
  CHECK(threads::at(a->index) == a);
  threads::release(*a);
  threads::release(*b);
}

TEST_CASE("threads that take and give back records at once never share one") {
  static std::atomic<int> owner[4096];
  std::atomic<int> shared{0};
  in_threads(4, [&](int me) {
    std::mt19937 random(static_cast<unsigned>(me) + 1);
    std::vector<Thread*> mine;
    for (int i = 0; i < 300000; i++) {
      if (mine.size() < 40 && (mine.empty() || random() % 2 == 0)) {
        Thread* t = threads::acquire();
        if (t == nullptr || t->index >= 4096 || owner[t->index].exchange(me + 1) != 0) shared++;
        mine.push_back(t);
      } else {
        Thread* t = mine.back();
        mine.pop_back();
        if (owner[t->index].exchange(0) != me + 1) shared++;
        threads::release(*t);
      }
    }
    for (Thread* t : mine) {
      owner[t->index] = 0;
      threads::release(*t);
    }
  });
  CHECK(shared == 0);
  CHECK(threads::high_water() <= 4 * 40 + 10);
}

TEST_CASE("a thread's stack is known: all of it can be read, nothing below it is taken for it") {
  const size_t guard = GENERATE(0u, 4096u, 65536u);
  const size_t size = GENERATE(65536u, 1u << 20);
  const StackFacts facts = stack_of_thread(size, guard);
  INFO("guard " << guard << ", size " << size);
  CHECK(facts.low != 0);
  CHECK(facts.low <= facts.sp);
  CHECK(facts.sp < facts.high);
  CHECK(facts.low % 4096 == 0);
  // What is mapped below may be a fiber's stack: taken for this one, a walk would cross the guard.
  CHECK(facts.low >= facts.real_low - guard);
}

TEST_CASE("a stack of unknown size stays unknown") {
  StackFacts facts{0, 0, 0, 0};
  pthread_t thread;
  REQUIRE(pthread_create(&thread, nullptr, note_stack, &facts) == 0);
  pthread_join(thread, nullptr);
  CHECK(facts.low == 0);
  CHECK(facts.high == 0);
}

TEST_CASE("a thread in use is visited with its number, an ended one is not") {
  OpenTables open;
  std::set<int32_t> seen;
  const auto note = [&](Thread& t) { seen.insert(t.tid); };
  Thread* thread = threads::acquire();
  threads::for_each(note);
  CHECK(seen.empty());
  threads::begin_main(*thread);
  threads::for_each(note);
  CHECK(seen.size() == 1);
  CHECK(thread_state.stack_low < reinterpret_cast<uint64_t>(&seen));
  CHECK(thread_state.stack_high > reinterpret_cast<uint64_t>(&seen));
  threads::end(*thread);
  seen.clear();
  threads::for_each(note);
  CHECK(seen.empty());
  CHECK(labels::here() == 0);
}

TEST_CASE("a thread has its name as a label, cut to what the kernel keeps, and follows changes") {
  OpenTables open;
  Thread* thread = threads::acquire();
  threads::begin_main(*thread);
  // With or without its number: which of the process's threads it is depends on the tests before.
  uint32_t labels = 0, at_first = 0;
  CHECK(!label_text(labels::here(), &at_first).empty());
  threads::named("a name that is too long");
  CHECK(label_text(labels::here(), &labels) == "a name that is ");
  CHECK(labels == at_first);
  threads::named(pthread_self(), "by handle");
  CHECK(label_text(labels::here(), &labels) == "by handle");
  threads::end(*thread);
}

TEST_CASE("a forked child forgets all threads but its own, and their timers") {
  OpenTables open;
  Thread* mine = threads::acquire();
  Thread* other = threads::acquire();
  threads::begin_main(*mine);
  other->tid = 12345;
  tick_timer::of(*mine).timer = 7;
  threads::forget_others();
  CHECK(other->tid == 0);
  CHECK(mine->tid != 0);
  CHECK(tick_timer::of(*mine).timer == tick_timer::kNone);
  threads::end(*mine);
}
