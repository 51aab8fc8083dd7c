// Exchanges of words that lie in the tables. Another process may have the tables mapped and write
// to them at any time, so no exchange need ever succeed: each is tried so often, and no more.
#pragma once

#include <atomic>

namespace shared_word {

// Threads of one process do not fail so often in a row.
constexpr unsigned kMostTries = 1000;

// Stores next(old) in place of `old`. False: the word did not stand still. Context: any.
template <typename T, typename Next>
bool change(std::atomic<T>& word, Next next,
            std::memory_order success = std::memory_order_relaxed) {
  T old = word.load(std::memory_order_relaxed);
  for (unsigned tries = 0; tries < kMostTries; tries++) {
    if (word.compare_exchange_weak(old, next(old), success, std::memory_order_relaxed)) return true;
  }
  return false;
}

// For sums that are ordered with nothing. Context: any.
inline void add(std::atomic<double>& sum, double value) {
  change(sum, [value](double old) { return old + value; });
}

}  // namespace shared_word
