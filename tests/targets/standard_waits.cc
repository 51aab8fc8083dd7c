// C++'s own ways to wait, each ten times in a function of its own.
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>

#include "awaited.h"

namespace {

using awaited::nothing;
using awaited::ten;

std::mutex mutex;
std::shared_mutex shared_mutex;
std::condition_variable condition;
bool is_told;
std::atomic<int> word;
std::counting_semaphore<> semaphore(0);
std::unique_ptr<std::latch> latch;
std::barrier barrier(2);
std::promise<int> promise;
std::future<int> future;

}  // namespace

SITE void site_mutex() { mutex.lock(); }
SITE void release_mutex() { mutex.unlock(); }
SITE void site_shared() { shared_mutex.lock_shared(); }
SITE void release_exclusive() { shared_mutex.unlock(); }
SITE void site_condition() {
  std::unique_lock lock(mutex);
  condition.wait(lock, [] { return is_told; });
}
SITE void site_timed_condition() {
  std::unique_lock lock(mutex);
  condition.wait_for(lock, std::chrono::seconds(60), [] { return is_told; });
}
SITE void site_atomic() { word.wait(0); }
SITE void release_atomic() {
  word = 1;
  word.notify_one();
}
SITE void site_semaphore() { semaphore.acquire(); }
SITE void site_latch() { latch->wait(); }
SITE void site_barrier() { barrier.arrive_and_wait(); }
SITE void site_future() { future.wait(); }

namespace {

void tell() {
  {
    std::lock_guard lock(mutex);
    is_told = true;
  }
  condition.notify_one();
}

void forget() { is_told = false; }

}  // namespace

int main() {
  ten("site_mutex", [] { mutex.lock(); }, site_mutex, release_mutex, release_mutex);
  ten("site_shared", [] { shared_mutex.lock(); }, site_shared, release_exclusive,
      [] { shared_mutex.unlock_shared(); });
  ten("site_condition", nothing, site_condition, tell, forget);
  ten("site_timed_condition", nothing, site_timed_condition, tell, forget);
  ten("site_atomic", [] { word = 0; }, site_atomic, release_atomic, nothing);
  ten("site_semaphore", nothing, site_semaphore, [] { semaphore.release(); }, nothing);
  ten("site_latch", [] { latch = std::make_unique<std::latch>(1); }, site_latch,
      [] { latch->count_down(); }, nothing);
  ten("site_barrier", nothing, site_barrier, [] { barrier.arrive_and_wait(); }, nothing);
  ten("site_future", [] { promise = {}, future = promise.get_future(); }, site_future,
      [] { promise.set_value(1); }, nothing);
  return 0;
}
