#include "program/agent/http/answer_room.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>

namespace program {
namespace {

constexpr unsigned kMostMade = 2;
constexpr size_t kMostBytes = size_t{40} << 20;
// A large one does not keep this one waiting.
constexpr size_t kSmall = size_t{8} << 20;
// Below that the allocator keeps the memory for the next answer.
constexpr size_t kWorthReturning = size_t{256} << 10;
constexpr auto kLook = std::chrono::milliseconds(50);

}  // namespace

AnswerRoom::Place::~Place() {
  room_.give_back(bytes_, is_made_);
}

void AnswerRoom::Place::keep(size_t bytes) {
  {
    const std::lock_guard lock(room_.mutex_);
    room_.bytes_ = room_.bytes_ - bytes_ + bytes;
    room_.making_--;
    room_.making_bytes_ -= bytes_;
  }
  bytes_ = bytes;
  is_made_ = true;
  room_.changed_.notify_all();
}

std::unique_ptr<AnswerRoom::Place> AnswerRoom::take(size_t bytes,
                                                    const std::function<bool()>& is_over) {
  std::unique_lock lock(mutex_);
  waiters_++;
  bool over = false;
  while (!fits(bytes) && !over) {
    changed_.wait_for(lock, kLook);
    lock.unlock();
    over = is_over && is_over();
    lock.lock();
  }
  waiters_--;
  if (over) return nullptr;
  making_++;
  making_bytes_ += bytes;
  bytes_ += bytes;
  return std::unique_ptr<Place>(new Place(*this, bytes));
}

// An answer that is larger than the room is made alone.
bool AnswerRoom::fits(size_t bytes) const {
  if (making_ != 0 && std::min(bytes, making_bytes_) > kSmall) return false;
  return making_ < kMostMade && (bytes_ == 0 || bytes_ + bytes <= kMostBytes);
}

void AnswerRoom::give_back(size_t bytes, bool was_made) {
  {
    const std::lock_guard lock(mutex_);
    bytes_ -= bytes;
    if (!was_made) making_--, making_bytes_ -= bytes;
  }
  changed_.notify_all();
  if (bytes > kWorthReturning) malloc_trim(0);
}

bool AnswerRoom::has_waiters() const {
  const std::lock_guard lock(mutex_);
  return waiters_ != 0;
}

}  // namespace program
