// How much work one encoding may do. Every chain and every variable part that the tables ask for is
// paid from it, so that mutated or hostile tables end in bounded time whatever their shape.
#pragma once

#include <cstdint>

namespace encoder {

class Budget {
 public:
  explicit Budget(uint64_t units) : left_(units) {}

  // False when it is used up; it stays used up.
  bool take(uint64_t units) {
    if (units > left_) {
      left_ = 0;
      exhausted_ = true;
      return false;
    }
    left_ -= units;
    return !exhausted_;
  }
  bool exhausted() const { return exhausted_; }

 private:
  uint64_t left_;
  bool exhausted_ = false;
};

}  // namespace encoder
