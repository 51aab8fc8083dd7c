#include "collectors/unwind/eh_frame.h"

#include <catch2/catch.hpp>

#include "tests/unit/collectors/unwind/eh_frame_bytes.h"

namespace {

// Whether an entry is found for the code at `offset` of these tables.
bool finds(const Bytes& bytes, uint64_t offset, UnwindEntry* entry) {
  static Fenced memory;
  const UnwindTable table = table_at(memory.put(bytes), memory.end());
  return find_unwind_entry(table, code_at(table, offset), entry);
}

bool finds(const EhFrame& frame) {
  UnwindEntry entry;
  return finds(frame.bytes(), 0, &entry);
}

uint64_t uleb_of(const Bytes& bytes, bool* failed) {
  ByteReader r{bytes.data(), bytes.data() + bytes.size()};
  const uint64_t value = r.uleb();
  *failed = r.failed;
  return value;
}

int64_t sleb_of(const Bytes& bytes) {
  ByteReader r{bytes.data(), bytes.data() + bytes.size()};
  return r.sleb();
}

}  // namespace

TEST_CASE("numbers of variable length are read as DWARF writes them") {
  bool failed = true;
  CHECK(uleb_of({0x00}, &failed) == 0);
  CHECK(uleb_of({0x7f}, &failed) == 127);
  CHECK(uleb_of({0xe5, 0x8e, 0x26}, &failed) == 624485);
  CHECK(uleb_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, &failed) ==
        ~uint64_t{0});
  CHECK(!failed);
  CHECK(sleb_of({0x7f}) == -1);
  CHECK(sleb_of({0x78}) == -8);
  CHECK(sleb_of({0x3f}) == 63);
  CHECK(sleb_of({0x40}) == -64);
  CHECK(sleb_of({0xc0, 0xbb, 0x78}) == -123456);
  CHECK(sleb_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}) == INT64_MIN);
}

TEST_CASE("a number that does not end is a failure, not an endless read") {
  bool failed = false;
  uleb_of(Bytes(5, 0x80), &failed);
  CHECK(failed);
  uleb_of(Bytes(100, 0x80), &failed);
  CHECK(failed);
}

TEST_CASE("a reader past its end gives 0 and says so") {
  const Bytes bytes = {1, 2, 3};
  ByteReader r{bytes.data(), bytes.data() + 3};
  CHECK(r.read<uint32_t>() == 0);
  CHECK(r.failed);
  CHECK(r.done());
  r.skip(1);
  CHECK(r.done());
}

TEST_CASE("the entry of an address has its bounds and both programs") {
  EhFrame frame;
  frame.program = {0x41, 0x0e, 16};
  UnwindEntry entry;
  REQUIRE(finds(frame.bytes(), 0, &entry));
  CHECK(entry.end - entry.start == kCodeSize);
  CHECK(entry.code_align == 1);
  CHECK(entry.data_align == -8);
  CHECK(entry.return_register == 16);
  CHECK(!entry.is_signal_frame);
  CHECK(entry.program[0] == 0x41);
  CHECK(entry.cie_program[0] == 0x0c);
  CHECK(finds(frame.bytes(), kCodeSize - 1, &entry));
}

TEST_CASE("an address before or behind all code has no entry") {
  UnwindEntry entry;
  CHECK(!finds(EhFrame().bytes(), uint64_t{0} - 1, &entry));
  CHECK(!finds(EhFrame().bytes(), kCodeSize, &entry));
}

TEST_CASE(
    "the letters of a CIE are understood: personality, language data, signal frame, unknown ones") {
  EhFrame frame;
  UnwindEntry entry;
  frame.cie_head = {1, 'z', 'P', 'L', 'R', 'S', 0, 1, 0x78, 16, 7, 0x9b, 1, 2, 3, 4, 0x1b, 0x1b};
  REQUIRE(finds(frame.bytes(), 0, &entry));
  CHECK(entry.is_signal_frame);
  CHECK(entry.end - entry.start == kCodeSize);
  frame.cie_head = {1, 'z', 'R', 'Q', 0, 1, 0x78, 16, 3, 0x1b, 9, 9};
  REQUIRE(finds(frame.bytes(), 0, &entry));
  CHECK(entry.cie_program[0] == 0x0c);
}

TEST_CASE("CIEs of version 3 and 4 are read, others are not") {
  EhFrame frame;
  frame.cie_head = {3, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b};
  CHECK(finds(frame));
  frame.cie_head = {4, 'z', 'R', 0, 8, 0, 1, 0x78, 16, 1, 0x1b};
  CHECK(finds(frame));
  frame.cie_head[4] = 4;  // 4-byte addresses
  CHECK(!finds(frame));
  frame.cie_head = {2, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b};
  CHECK(!finds(frame));
}

TEST_CASE("letters without an end, at the end of the memory, are not looked for beyond it") {
  // A CIE that is its version and nothing more, in front of the fence; an FDE before it names it.
  Bytes bytes = Bytes{1, 0x1b, 0x03, 0x3b} + EhFrame::number(0) + EhFrame::number(1) +
                EhFrame::number(static_cast<uint32_t>(kCodeDistance)) + EhFrame::number(20) +
                EhFrame::number(4) + EhFrame::number(static_cast<uint32_t>(-4)) +
                EhFrame::number(5) + EhFrame::number(0) + Bytes{1};
  UnwindEntry entry;
  CHECK(!finds(bytes, 0, &entry));
}

TEST_CASE("a header of another form is no table") {
  UnwindEntry entry;
  for (const size_t at : {0, 2, 3}) {
    Bytes bytes = EhFrame().bytes();
    bytes[at] ^= 0x40;
    CHECK(!finds(bytes, 0, &entry));
  }
}

TEST_CASE("pointers are read in every encoding that the linker may choose") {
  const Bytes bytes = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  const auto read = [&](uint8_t encoding, uint64_t* value) {
    ByteReader r{bytes.data(), bytes.data() + 8};
    return read_encoded(r, encoding, value);
  };
  uint64_t value;
  const auto here = reinterpret_cast<uint64_t>(bytes.data());
  CHECK((read(0x00, &value) && value == ~uint64_t{1}));
  CHECK((read(0x02, &value) && value == 0xfffe));
  CHECK((read(0x03, &value) && value == 0xfffffffe));
  CHECK((read(0x0a, &value) && value == ~uint64_t{1}));
  CHECK((read(0x0b, &value) && value == ~uint64_t{1}));
  CHECK((read(0x1b, &value) && value == here - 2));
  CHECK((read(0x9b, &value) && value == here - 2));
  CHECK(!read(0xff, &value));
  CHECK(!read(0x2b, &value));  // relative to the text: not on x86-64
  CHECK(!read(0x05, &value));
}
