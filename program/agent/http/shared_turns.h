// What several requests can share is made once for all of them: one making after the other, and a
// request that arrives during a making shares the next one, which begins after the request.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace program {

// Context: any thread.
template <typename Key, typename T>
class SharedTurns {
 public:
  using Made = std::shared_ptr<const T>;

  // Null where `make` gives nothing, or once `is_over`. Holds nothing itself: what was made lives
  // as long as a request has it.
  Made take(const Key& key, const std::function<Made()>& make,
            const std::function<bool()>& is_over) {
    std::unique_lock lock(mutex_);
    Turn& turn = turns_[key];  // stays where it is
    // The one that is being made began before us.
    const uint64_t wanted = turn.begun + 1;
    while (true) {
      if (turn.made >= wanted) {
        if (Made shared = turn.last.lock()) return shared;
      }
      if (!turn.is_busy) break;
      changed_.wait_for(lock, std::chrono::milliseconds(50));
      lock.unlock();
      const bool over = is_over && is_over();
      lock.lock();
      if (over) return nullptr;
    }
    turn.is_busy = true;
    const uint64_t number = ++turn.begun;
    lock.unlock();
    Made made = make();
    lock.lock();
    turn.is_busy = false;
    if (made != nullptr) {
      turn.made = number;
      turn.last = made;
    }
    changed_.notify_all();
    return made;
  }

 private:
  struct Turn {
    uint64_t begun = 0, made = 0;  // numbers of makings
    bool is_busy = false;
    std::weak_ptr<const T> last;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Turn> turns_;
};

}  // namespace program
