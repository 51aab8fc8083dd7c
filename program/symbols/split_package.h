// A package of split debug information (.dwp), as dwp and llvm-dwp make it: the sections of many
// .dwo files one behind the other, and an index of which piece is whose. elfutils reads packages
// from 0.191 on; here the pieces of one unit are made the .dwo file again that they were.
#pragma once

#include <gelf.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace program {

class SplitPackage {
 public:
  // Takes the descriptor.
  explicit SplitPackage(int fd);
  ~SplitPackage();
  SplitPackage(const SplitPackage&) = delete;
  SplitPackage& operator=(const SplitPackage&) = delete;

  // It has an index of a known version.
  bool is_good() const { return slots_ > 0; }

  // The .dwo file of the unit with this id; empty if the package does not have it. Type units and
  // locations of variables are left out, since names do not need them.
  std::string unit(uint64_t id) const;

 private:
  uint32_t index_word(uint64_t place) const;
  uint32_t row_of(uint64_t id) const;
  std::string_view piece(uint32_t row, uint32_t column, const char* name) const;

  int fd_;
  Elf* elf_;
  std::string_view index_;
  uint32_t version_ = 0, columns_ = 0, units_ = 0, slots_ = 0;
};

}  // namespace program
