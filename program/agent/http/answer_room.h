// The memory that answers may take together: at most two are made at a time, of which one is small,
// and what waits to be sent has a bound. The requests beyond it wait their turn.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

namespace program {

class AnswerRoom {
 public:
  // One answer's part of the room, given back when it is destroyed.
  class Place {
   public:
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    // The answer is made and takes so much until it is sent.
    void keep(size_t bytes);

   private:
    friend class AnswerRoom;
    Place(AnswerRoom& room, size_t bytes) : room_(room), bytes_(bytes) {}
    AnswerRoom& room_;
    size_t bytes_;
    bool is_made_ = false;
  };

  // Waits for room to make an answer that takes so much meanwhile. Null once `is_over`.
  std::unique_ptr<Place> take(size_t bytes, const std::function<bool()>& is_over);
  bool has_waiters() const;

 private:
  bool fits(size_t bytes) const;
  void give_back(size_t bytes, bool was_made);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t bytes_ = 0, making_bytes_ = 0;  // of all, of those that are being made
  unsigned making_ = 0, waiters_ = 0;
};

}  // namespace program
