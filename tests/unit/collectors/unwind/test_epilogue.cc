#include "collectors/unwind/epilogue.h"

#include <catch2/catch.hpp>
#include <vector>

#include "env/sys/arch.h"

namespace {

bool read(const std::vector<uint8_t>& code, Epilogue* epilogue) {
  return read_epilogue(code.data(), code.size(), epilogue);
}

}  // namespace

TEST_CASE("a frame that is let go of by an addition has its return address behind it") {
  Epilogue e;
  REQUIRE(read({0x48, 0x83, 0xc4, 8, 0xc3}, &e));
  CHECK_FALSE(e.from_fp);
  CHECK(e.return_at == 8);
  CHECK(e.fp_at == Epilogue::kNone);
  REQUIRE(read({0x48, 0x81, 0xc4, 0x00, 0x02, 0, 0, 0xc3}, &e));
  CHECK(e.return_at == 512);
  REQUIRE(read({0xc3}, &e));
  CHECK(e.return_at == 0);
}

TEST_CASE(
    "popped registers are no longer those of the frame, and rbp is where it was popped from") {
  Epilogue e;
  REQUIRE(read({0x48, 0x83, 0xc4, 24, 0x5b, 0x5d, 0x41, 0x5c, 0xf3, 0xc3}, &e));
  CHECK(e.return_at == 48);
  CHECK(e.fp_at == 32);
  CHECK(e.restored == (1u << arch::kRbx | 1u << arch::kRbp | 1u << 12));
}

TEST_CASE("a frame that is let go of through rbp is measured from there") {
  Epilogue e;
  REQUIRE(read({0xc9, 0xc3}, &e));
  CHECK(e.from_fp);
  CHECK(e.fp_at == 0);
  CHECK(e.return_at == 8);
  REQUIRE(read({0x48, 0x8d, 0x65, 0xf0, 0x5b, 0x41, 0x5c, 0x5d, 0xc3}, &e));
  CHECK(e.from_fp);
  CHECK(e.fp_at == 0);
  CHECK(e.return_at == 8);
}

TEST_CASE("instructions that do more than let go of a frame are no epilogue") {
  Epilogue e;
  CHECK_FALSE(read({}, &e));
  CHECK_FALSE(read({0x48, 0x83, 0xc4}, &e));              // cut
  CHECK_FALSE(read({0x48, 0x83, 0xc4, 8}, &e));           // without a return
  CHECK_FALSE(read({0xe8, 0, 0, 0, 0, 0xc3}, &e));        // a call
  CHECK_FALSE(read({0x48, 0x83, 0xc4, 0xf8, 0xc3}, &e));  // takes stack
  CHECK_FALSE(read({0x5c, 0xc3}, &e));                    // pop %rsp
  CHECK_FALSE(read({0x5d, 0x48, 0x89, 0xec, 0xc3}, &e));  // rbp is the caller's by then
}
