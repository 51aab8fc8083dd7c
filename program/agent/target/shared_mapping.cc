#include "program/agent/target/shared_mapping.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>

namespace program {
namespace {

constexpr uint64_t kPage = 4096;

// What the handler goes by. `begin` 0: the place is free.
struct Place {
  std::atomic<uint64_t> begin, end;
};
constinit std::array<Place, 16384> places{};
std::mutex placing;

bool is_shared(uint64_t address) {
  for (const Place& place : places) {
    const uint64_t begin = place.begin.load(std::memory_order_acquire);
    if (begin != 0 && address >= begin && address < place.end.load(std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void on_fault(int signal_number, siginfo_t* info, void*) {
  const int error = errno;
  const auto address = reinterpret_cast<uint64_t>(info->si_addr);
  void* const page = reinterpret_cast<void*>(address & ~(kPage - 1));
  // A fault of another kind comes again, and ends the process.
  if (!is_shared(address) || mmap(page, kPage, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
    signal(signal_number, SIG_DFL);
  }
  errno = error;
}

void take_signal() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

bool SharedMapping::map(int descriptor, uint64_t size) {
  static std::once_flag once;
  std::call_once(once, take_signal);
  void* memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  if (memory == MAP_FAILED) return false;
  const auto begin = reinterpret_cast<uint64_t>(memory);
  const std::lock_guard lock(placing);
  for (place_ = 0; place_ < places.size(); place_++) {
    Place& place = places.at(place_);
    if (place.begin.load(std::memory_order_relaxed) != 0) continue;
    place.end.store(begin + size, std::memory_order_relaxed);
    place.begin.store(begin, std::memory_order_release);
    base_ = static_cast<char*>(memory);
    size_ = size;
    return true;
  }
  munmap(memory, size);
  errno = ENOMEM;
  return false;
}

SharedMapping::~SharedMapping() {
  if (base_ == nullptr) return;
  places.at(place_).begin.store(0, std::memory_order_release);
  munmap(base_, size_);
}

}  // namespace program
