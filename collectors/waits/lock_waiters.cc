#include "collectors/waits/lock_waiters.h"

#include "collectors/counts/sampler.h"
#include "collectors/waits/wakeups.h"
#include "env/sys/clock.h"
#include "env/sys/frames.h"

namespace waits {

constinit Bucket buckets[kBuckets]{};

namespace {

// Long beside the waits that are sampled (few lie across an end), short beside a run.
constexpr unsigned kSliceBits = 21;

const char claimed = 0;  // an entry that is being filled

}  // namespace

uint64_t quick_weight(const void* lock, uint64_t now_ns) {
  uint64_t state = (now_ns >> kSliceBits) ^ reinterpret_cast<uint64_t>(lock) << 20;
  return sampler::next_random(state) % kOneIn == 0 ? kOneIn : 0;
}

Entry* enter(const void* lock, uint64_t now_ns, uint64_t weight, uint32_t kind) {
  const unsigned first = bucket_of(lock);
  for (unsigned b = 0; b < kMostBuckets; b++) {
    Bucket& bucket = buckets[(first + b) % kBuckets];
    for (Entry& entry : bucket.entries) {
      const void* expected = nullptr;
      if (entry.lock.load(std::memory_order_relaxed) != nullptr ||
          !entry.lock.compare_exchange_strong(expected, &claimed, std::memory_order_acquire)) {
        continue;
      }
      entry.since_ns.store(now_ns, std::memory_order_relaxed);
      entry.weight.store(weight, std::memory_order_relaxed);
      if (wakeups::are_followed()) wakeups::entered(entry, static_cast<Kind>(kind), now_ns);
      buckets[first].used.fetch_add(1, std::memory_order_relaxed);
      // Release: a reader that sees the lock sees the start of the wait.
      entry.lock.store(lock, std::memory_order_release);
      return &entry;
    }
    bucket.overflowed.store(1, std::memory_order_relaxed);
  }
  return nullptr;
}

void leave(Entry& entry) {
  const void* lock = entry.lock.exchange(nullptr, std::memory_order_acq_rel);
  // A fork may have emptied it.
  if (lock != nullptr) buckets[bucket_of(lock)].used.fetch_sub(1, std::memory_order_relaxed);
}

void HeldEntries::hold(Entry* entry, uint64_t sp) {
  bool kept = false;
  for (auto& place : places_) {
    if (place.entry != nullptr && frames::is_gone(place.sp, sp)) {
      leave(*place.entry);
      place.entry = nullptr;
    }
    if (place.entry == nullptr && !kept) {
      place = {entry, sp};
      kept = true;
    }
  }
  if (!kept && entry != nullptr) leave(*entry);
}

bool HeldEntries::has(const Entry* entry) const {
  for (const auto& place : places_) {
    if (place.entry == entry) return true;
  }
  return false;
}

void HeldEntries::let_go(const Entry* entry) {
  for (auto& place : places_) {
    if (place.entry != entry) continue;
    leave(*place.entry);
    place.entry = nullptr;
  }
}

void HeldEntries::leave_all() {
  for (auto& place : places_) {
    if (place.entry != nullptr) leave(*place.entry);
    place.entry = nullptr;
  }
}

void HeldEntries::forget() {
  for (auto& place : places_) place.entry = nullptr;
}

ContentionCharge charge_waiters(const void* lock) {
  ContentionCharge charge{0, 0, 0};
  uint64_t now_ns = 0;
  each_entry(lock, [&](Entry& entry) {
    if (now_ns == 0) now_ns = clock_source::monotonic_ns();
    const uint64_t weight = entry.weight.load(std::memory_order_relaxed);
    // One that leaves at this moment, and comes back for another lock, loses some nanoseconds.
    const uint64_t since_ns = entry.since_ns.exchange(now_ns, std::memory_order_relaxed);
    if (since_ns >= now_ns) return;
    charge.delay_ns += (now_ns - since_ns) * weight;
    if (charge.oldest_ns == 0 || since_ns < charge.oldest_ns) charge.oldest_ns = since_ns;
    // One that is always entered makes the release one that is always seen.
    if (charge.weight == 0 || weight < charge.weight) charge.weight = weight;
  });
  return charge;
}

void forget_waiters() {
  for (Bucket& bucket : buckets) {
    // Writes only where an entry is: the pages stay the parent's.
    for (Entry& entry : bucket.entries) {
      if (entry.lock.load(std::memory_order_relaxed) == nullptr) continue;
      entry.lock.store(nullptr, std::memory_order_relaxed);
    }
    if (bucket.used.load(std::memory_order_relaxed) == 0) continue;
    bucket.used.store(0, std::memory_order_relaxed);
  }
}

}  // namespace waits
