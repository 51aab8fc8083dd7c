// A file that another process may write to and cut short at any time, mapped into this one. A page
// that is cut off becomes a page of zeros of this process's own: readers go on, and find nothing.
#pragma once

#include <cstdint>

namespace program {

class SharedMapping {
 public:
  SharedMapping() = default;
  ~SharedMapping();
  SharedMapping(const SharedMapping&) = delete;
  SharedMapping& operator=(const SharedMapping&) = delete;

  // False, with errno. The first one takes SIGBUS, for the whole process.
  bool map(int descriptor, uint64_t size);
  char* base() const { return base_; }
  uint64_t size() const { return size_; }

 private:
  char* base_ = nullptr;
  uint64_t size_ = 0;
  unsigned place_ = 0;
};

}  // namespace program
