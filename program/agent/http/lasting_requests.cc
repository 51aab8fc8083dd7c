#include "program/agent/http/lasting_requests.h"

namespace program {
namespace {

// Of 256 connections. Those that end within a minute have places that longer ones cannot take.
constexpr unsigned kMost = 160, kMostLong = 64;
constexpr int64_t kLong_s = 60;

}  // namespace

LastingRequests::Place::~Place() {
  const std::lock_guard lock(all_.mutex_);
  all_.count_--;
  if (is_long_) all_.long_count_--;
}

std::unique_ptr<LastingRequests::Place> LastingRequests::take(int64_t seconds) {
  const bool is_long = seconds > kLong_s;
  const std::lock_guard lock(mutex_);
  if (count_ >= kMost || (is_long && long_count_ >= kMostLong)) return nullptr;
  count_++;
  if (is_long) long_count_++;
  return std::unique_ptr<Place>(new Place(*this, is_long));
}

}  // namespace program
