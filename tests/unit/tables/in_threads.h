// The same work in several threads that start together.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

template <typename Work>
void in_threads(int count, Work work) {
  std::atomic<int> waiting{count};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; i++) {
    threads.emplace_back([&, i] {
      waiting--;
      while (waiting > 0) std::this_thread::yield();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}
