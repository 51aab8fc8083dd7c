#include "collectors/waits/wakeups.h"

namespace wakeups {

namespace {

using waits::Bucket;
using waits::Entry;

// Beside the waits' entries, which the unlocks of programs without a trace walk through.
struct Mark {
  std::atomic<uint64_t> wake, entered_ns;
  std::atomic<uint32_t> kind;
};
constinit Mark marks[waits::kBuckets][Bucket::kEntries];
std::atomic<bool> followed;

Mark& mark_of(const Entry& entry) {
  const auto at = reinterpret_cast<uint64_t>(&entry) - reinterpret_cast<uint64_t>(waits::buckets);
  const uint64_t bucket = at / sizeof(Bucket);
  const uint64_t within = at % sizeof(Bucket) - offsetof(Bucket, entries);
  return marks[bucket][within / sizeof(Entry)];
}

template <typename Visit>
void each_waiter(const void* object, Visit visit) {
  waits::each_entry(object, [&](Entry& entry) { visit(mark_of(entry)); });
}

// The oldest waiter for which the condition holds; null: none.
template <typename Condition>
Mark* oldest(const void* object, Condition condition) {
  Mark* found = nullptr;
  uint64_t found_ns = 0;
  each_waiter(object, [&](Mark& mark) {
    const uint64_t entered_ns = mark.entered_ns.load(std::memory_order_relaxed);
    if (found != nullptr && entered_ns >= found_ns) return;
    if (!condition(mark)) return;
    found = &mark;
    found_ns = entered_ns;
  });
  return found;
}

bool is_told(const Mark& mark) {
  return mark.wake.load(std::memory_order_relaxed) != 0;
}
bool is_untold(const Mark& mark) {
  return !is_told(mark);
}

// Any waiter may take any of these wakes: they are the object's, not each its waiter's.
bool is_shared(waits::Kind kind) {
  return kind == waits::Kind::kCondition || kind == waits::Kind::kSemaphore ||
         kind == waits::Kind::kFutex;
}

void count(const Mark& mark, Notified& notified) {
  const uint64_t entered_ns = mark.entered_ns.load(std::memory_order_relaxed);
  if (notified.count++ == 0 || entered_ns < notified.oldest_ns) notified.oldest_ns = entered_ns;
}

void tell(Mark& mark, uint64_t wake, Notified& notified) {
  mark.wake.store(wake, std::memory_order_relaxed);
  count(mark, notified);
}

// Passes the wake of a waiter that leaves without it to the oldest waiter without a wake.
void pass_on(const void* object, const Mark& from, uint64_t wake) {
  Mark* next = oldest(object, [&](const Mark& mark) { return &mark != &from && is_untold(mark); });
  uint64_t nothing = 0;
  if (next != nullptr) {
    next->wake.compare_exchange_strong(nothing, wake, std::memory_order_relaxed);
  }
}

}  // namespace

void follow(bool on) {
  followed.store(on, std::memory_order_relaxed);
}

bool are_followed() {
  return followed.load(std::memory_order_relaxed);
}

// Relaxed throughout: what orders a wake and the waiter's way on is the object itself, whose
// release comes after the store and whose acquisition comes before the load.

Notified tell_all(const void* object, uint64_t wake) {
  Notified notified;
  each_waiter(object, [&](Mark& mark) { tell(mark, wake, notified); });
  return notified;
}

Notified tell_all(const void* object, waits::Kind kind, uint64_t wake) {
  Notified notified;
  each_waiter(object, [&](Mark& mark) {
    if (mark.kind.load(std::memory_order_relaxed) == static_cast<uint32_t>(kind)) {
      tell(mark, wake, notified);
    }
  });
  return notified;
}

Notified tell_oldest(const void* object, uint64_t wake, unsigned most) {
  Notified notified;
  while (notified.count < most) {
    Mark* mark = oldest(object, is_untold);
    if (mark == nullptr) break;
    uint64_t nothing = 0;
    // Two that wake at once take two waiters.
    if (mark->wake.compare_exchange_strong(nothing, wake, std::memory_order_relaxed)) {
      count(*mark, notified);
    }
  }
  return notified;
}

Notified tell_anew(const void* object, uint64_t wake) {
  Notified notified;
  Mark* mark = oldest(object, is_told);
  if (mark != nullptr) tell(*mark, wake, notified);
  return notified;
}

uint64_t told_first(const void* object) {
  const Mark* mark = oldest(object, is_told);
  return mark == nullptr ? 0 : mark->wake.load(std::memory_order_relaxed);
}

// A waiter that has gone on by that wake, or was notified again of a later one, keeps it.
void take_back(const void* object, uint64_t wake) {
  if (wake == 0) return;
  bool done = false;
  each_waiter(object, [&](Mark& mark) {
    uint64_t given = wake;
    done = done || mark.wake.compare_exchange_strong(given, 0, std::memory_order_relaxed);
  });
}

void keep(const void* object, uint64_t wake, unsigned most) {
  unsigned notified = 0;
  each_waiter(object, [&](const Mark& mark) {
    notified += mark.wake.load(std::memory_order_relaxed) == wake ? 1 : 0;
  });
  for (; notified > most; notified--) {
    Mark* youngest = nullptr;
    each_waiter(object, [&](Mark& mark) {
      if (mark.wake.load(std::memory_order_relaxed) != wake) return;
      if (youngest == nullptr || mark.entered_ns.load(std::memory_order_relaxed) >
                                     youngest->entered_ns.load(std::memory_order_relaxed)) {
        youngest = &mark;
      }
    });
    uint64_t given = wake;
    if (youngest == nullptr) return;
    youngest->wake.compare_exchange_strong(given, 0, std::memory_order_relaxed);
  }
}

void entered(Entry& entry, waits::Kind kind, uint64_t now_ns) {
  Mark& mark = mark_of(entry);
  mark.wake.store(0, std::memory_order_relaxed);
  mark.entered_ns.store(now_ns, std::memory_order_relaxed);
  mark.kind.store(static_cast<uint32_t>(kind), std::memory_order_relaxed);
}

uint64_t left(Entry& entry, waits::Kind kind, bool was_let_in) {
  const void* object = entry.lock.load(std::memory_order_relaxed);
  Mark& mark = mark_of(entry);
  const uint64_t wake = mark.wake.exchange(0, std::memory_order_relaxed);
  if (!is_shared(kind)) return was_let_in ? wake : 0;
  if (!was_let_in) {
    if (wake != 0) pass_on(object, mark, wake);
    return 0;
  }
  if (wake != 0) return wake;
  Mark* other = oldest(object, is_told);
  return other == nullptr ? 0 : other->wake.exchange(0, std::memory_order_relaxed);
}

}  // namespace wakeups
