// Hand-made .eh_frame and .eh_frame_hdr, with the last byte in front of a page that cannot be read:
// a reader that goes too far dies.
#pragma once

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "collectors/unwind/eh_frame.h"

using Bytes = std::vector<uint8_t>;

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Bytes in front of a page without access.
class Fenced {
 public:
  static constexpr size_t kRoom = 4096;

  Fenced()
      : memory_(
            mmap(nullptr, 2 * kRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    REQUIRE(memory_ != MAP_FAILED);
    REQUIRE(mprotect(end(), kRoom, PROT_NONE) == 0);
  }
  ~Fenced() { munmap(memory_, 2 * kRoom); }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;

  uint8_t* end() { return static_cast<uint8_t*>(memory_) + kRoom; }
  uint8_t* put(const Bytes& bytes) {
    if (!bytes.empty()) std::memcpy(end() - bytes.size(), bytes.data(), bytes.size());
    return end() - bytes.size();
  }

 private:
  void* memory_;
};

// The code that the tables speak of lies 1 MiB behind their start; nothing reads it.
constexpr uint64_t kCodeDistance = 1 << 20;
constexpr uint64_t kCodeSize = 0x1000;

// One CIE and one FDE with the given instructions. The table comes first, then the records.
class EhFrame {
 public:
  Bytes cie_program = {0x0c, 7, 8, 0x90, 1};  // CFA = rsp+8, return address at CFA-8
  Bytes program;
  Bytes cie_head = {1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b};  // version 1 ... pc-relative 4 bytes

  Bytes bytes() const {
    constexpr uint32_t kTable = 20;
    const Bytes cie = record(number(0) + cie_head + cie_program);
    const auto fde_at = static_cast<uint32_t>(kTable + cie.size());
    const Bytes place = number(static_cast<uint32_t>(kCodeDistance) - (fde_at + 8));
    const Bytes fde =
        record(number(fde_at + 4 - kTable) + place + number(kCodeSize) + Bytes{0} + program);
    return Bytes{1, 0x1b, 0x03, 0x3b} + number(16) + number(1) +
           number(static_cast<uint32_t>(kCodeDistance)) + number(fde_at) + cie + fde + number(0);
  }

  static Bytes number(uint32_t n) {
    Bytes b(4);
    std::memcpy(b.data(), &n, 4);
    return b;
  }

 private:
  static Bytes record(Bytes body) {
    while (body.size() % 4 != 0) body.push_back(0);  // nop
    return number(static_cast<uint32_t>(body.size())) + body;
  }
};

// The table of bytes that were put there, and an address in the code that it speaks of.
inline UnwindTable table_at(const uint8_t* start, const uint8_t* end) {
  const auto low = reinterpret_cast<uint64_t>(start);
  return {low, low, reinterpret_cast<uint64_t>(end)};
}
inline uint64_t code_at(const UnwindTable& table, uint64_t offset) {
  return table.header + kCodeDistance + offset;
}
