// Requests that last as long as their client asked for (seconds=N): bounded, so that connections
// are left for the others.
#pragma once

#include <memory>
#include <mutex>

namespace program {

class LastingRequests {
 public:
  class Place {
   public:
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class LastingRequests;
    Place(LastingRequests& all, bool is_long) : all_(all), is_long_(is_long) {}
    LastingRequests& all_;
    bool is_long_;
  };

  // Null if there are too many.
  std::unique_ptr<Place> take(int64_t seconds);

 private:
  std::mutex mutex_;
  unsigned count_ = 0, long_count_ = 0;
};

}  // namespace program
