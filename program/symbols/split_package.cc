#include "program/symbols/split_package.h"

#include <unistd.h>

#include <cstring>
#include <vector>

#include "program/symbols/elf_section.h"
#include "program/symbols/split_object.h"

namespace program {
namespace {

constexpr uint64_t kIndexHead = 16;  // version, columns, units, slots: four words

// The numbers of the sections in an index that are of use for names.
struct Column {
  uint32_t number;
  uint32_t version;  // 0: in both
  const char* section;
};
constexpr Column kColumns[] = {
    {1, 0, ".debug_info.dwo"},        {3, 0, ".debug_abbrev.dwo"},   {4, 0, ".debug_line.dwo"},
    {6, 0, ".debug_str_offsets.dwo"}, {8, 5, ".debug_rnglists.dwo"},
};

}  // namespace

SplitPackage::SplitPackage(int fd)
    : fd_(fd), elf_(elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, nullptr)) {
  if (elf_ == nullptr) return;
  index_ = elf_section(elf_, ".debug_cu_index");
  if (index_.size() < kIndexHead) return;
  // The version of DWARF 5 is a half word before a zero one: the same bytes.
  version_ = index_word(0);
  columns_ = index_word(4);
  units_ = index_word(8);
  const uint32_t slots = index_word(12);
  const uint64_t cells = (2 * uint64_t{units_} + 1) * columns_;
  const bool is_known = version_ == 2 || version_ == 5;
  const bool is_whole = columns_ <= 16 && slots != 0 && (slots & (slots - 1)) == 0 &&
                        kIndexHead + uint64_t{slots} * 12 + cells * 4 <= index_.size();
  if (is_known && is_whole) slots_ = slots;
}

SplitPackage::~SplitPackage() {
  elf_end(elf_);
  close(fd_);
}

uint32_t SplitPackage::index_word(uint64_t place) const {
  uint32_t word = 0;
  memcpy(&word, index_.data() + place, sizeof word);
  return word;
}

// Rows count from 1; 0: the id is not there. Open addressing with a second hash, as DWARF 5 says in
// 7.3.5.3.
uint32_t SplitPackage::row_of(uint64_t id) const {
  const uint64_t mask = slots_ - 1;
  const uint64_t step = ((id >> 32) & mask) | 1;
  uint64_t slot = id & mask;
  for (uint32_t tries = 0; tries < slots_; tries++, slot = (slot + step) & mask) {
    const uint32_t row = index_word(kIndexHead + uint64_t{slots_} * 8 + slot * 4);
    if (row == 0) return 0;
    uint64_t owner = 0;
    memcpy(&owner, index_.data() + kIndexHead + slot * 8, sizeof owner);
    if (owner == id) return row <= units_ ? row : 0;
  }
  return 0;
}

std::string_view SplitPackage::piece(uint32_t row, uint32_t column, const char* name) const {
  const std::string_view whole = elf_section(elf_, name);
  const uint64_t table = kIndexHead + uint64_t{slots_} * 12;
  const uint64_t row_bytes = uint64_t{columns_} * 4;
  const uint64_t at = table + row * row_bytes + column * 4;
  const uint32_t offset = index_word(at);
  const uint32_t size = index_word(at + units_ * row_bytes);
  if (size > whole.size() || offset > whole.size() - size) return {};
  return whole.substr(offset, size);
}

std::string SplitPackage::unit(uint64_t id) const {
  const uint32_t row = is_good() ? row_of(id) : 0;
  if (row == 0) return "";
  std::vector<SplitSection> sections;
  for (uint32_t column = 0; column < columns_; column++) {
    const uint32_t number = index_word(kIndexHead + uint64_t{slots_} * 12 + column * 4);
    for (const Column& known : kColumns) {
      if (known.number != number || (known.version != 0 && known.version != version_)) continue;
      sections.push_back({known.section, std::string(piece(row, column, known.section))});
    }
  }
  keep_used_strings(elf_section(elf_, ".debug_str.dwo"), version_ == 5, &sections);
  GElf_Ehdr header{};
  gelf_getehdr(elf_, &header);
  return split_object(sections, header.e_machine);
}

}  // namespace program
