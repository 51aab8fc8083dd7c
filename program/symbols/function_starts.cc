#include "program/symbols/function_starts.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>

#include <cstring>

namespace program {
namespace {

struct FrameSection {
  Elf_Data* data = nullptr;
  uint64_t address = 0;
};

// Reads one pointer as .eh_frame encodes it, by hand since libdw keeps that to itself. Indirect,
// aligned and data-relative ones do not stand where a function begins.
class PointerReader {
 public:
  PointerReader(const FrameSection& section, const uint8_t* at, const uint8_t* end)
      : section_(section), at_(at), end_(end) {}

  bool read(uint8_t encoding, uint64_t* value) {
    const uint8_t relative_to = encoding & 0x70;
    if ((encoding & DW_EH_PE_indirect) != 0) return false;
    if (relative_to != DW_EH_PE_absptr && relative_to != DW_EH_PE_pcrel) return false;
    const auto offset = static_cast<uint64_t>(at_ - static_cast<uint8_t*>(section_.data->d_buf));
    if (!read_raw(encoding & 0x0f, value)) return false;
    if (relative_to == DW_EH_PE_pcrel) *value += section_.address + offset;
    return true;
  }

  bool read_raw(uint8_t format, uint64_t* value) {
    switch (format) {
      case DW_EH_PE_absptr:
      case DW_EH_PE_udata8:
      case DW_EH_PE_sdata8:
        return take<uint64_t>(value);
      case DW_EH_PE_udata4:
        return take<uint32_t>(value);
      case DW_EH_PE_sdata4:
        return take<int32_t>(value);
      case DW_EH_PE_udata2:
        return take<uint16_t>(value);
      case DW_EH_PE_sdata2:
        return take<int16_t>(value);
      default:
        return false;
    }
  }

 private:
  template <typename T>
  bool take(uint64_t* value) {
    T number;
    if (static_cast<size_t>(end_ - at_) < sizeof number) return false;
    memcpy(&number, at_, sizeof number);
    at_ += sizeof number;
    *value = static_cast<uint64_t>(static_cast<int64_t>(number));
    return true;
  }

  const FrameSection& section_;
  const uint8_t* at_;
  const uint8_t* end_;
};

FrameSection section_named(Elf* elf) {
  size_t names = 0;
  Elf_Scn* section = nullptr;
  if (elf_getshdrstrndx(elf, &names) != 0) return {};
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name != nullptr && strcmp(name, ".eh_frame") == 0) {
      return {elf_rawdata(section, nullptr), header.sh_addr};
    }
  }
  return {};
}

// Files without section headers have it where PT_GNU_EH_FRAME says; a zero ends it.
FrameSection section_by_segment(const ElfFile& file) {
  const auto segment = file.segment(PT_GNU_EH_FRAME);
  if (!segment) return {};
  const FrameSection table{file.loaded_from(segment->p_vaddr), segment->p_vaddr};
  constexpr size_t kHead = 4;  // version and three encodings
  if (table.data == nullptr || table.data->d_size < kHead) return {};
  const auto* bytes = static_cast<const uint8_t*>(table.data->d_buf);
  uint64_t address = 0;
  PointerReader reader(table, bytes + kHead, bytes + table.data->d_size);
  if (bytes[0] != 1 || !reader.read(bytes[1], &address)) return {};
  return {file.loaded_from(address), address};
}

FrameSection find_section(const ElfFile& file) {
  const FrameSection section = section_named(file.elf());
  return section.data != nullptr ? section : section_by_segment(file);
}

// The 'R' of a CIE: how its FDEs spell their addresses. False if what stands before it is unknown.
bool code_encoding(const Dwarf_CIE& cie, uint8_t* encoding) {
  *encoding = DW_EH_PE_absptr;
  const char* letter = cie.augmentation;
  if (letter == nullptr || *letter == '\0') return true;
  if (*letter++ != 'z') return false;
  const uint8_t* at = cie.augmentation_data;
  const uint8_t* end = at + cie.augmentation_data_size;
  for (; *letter != '\0'; letter++) {
    if (*letter == 'S' || *letter == 'B') continue;  // no data
    if (at >= end) return false;
    const uint8_t byte = *at++;
    if (*letter == 'R') {
      *encoding = byte;
      return true;
    }
    if (*letter != 'L' && *letter != 'P') return false;
    if (*letter == 'P') {  // a pointer to the personality routine follows
      const uint8_t format = byte & 7;
      at += format == DW_EH_PE_udata2 ? 2 : format == DW_EH_PE_udata4 ? 4 : 8;
    }
  }
  return true;
}

}  // namespace

FunctionStarts::FunctionStarts(const ElfFile& file) {
  const FrameSection section = find_section(file);
  GElf_Ehdr header;
  if (section.data == nullptr || section.data->d_buf == nullptr) return;
  if (gelf_getehdr(file.elf(), &header) == nullptr) return;
  uint8_t encoding = 0;
  Dwarf_Off encoding_of = static_cast<Dwarf_Off>(-1);  // offset of the CIE it was read from
  Dwarf_Off next = 0;
  for (Dwarf_Off offset = 0; offset != static_cast<Dwarf_Off>(-1); offset = next) {
    Dwarf_CFI_Entry entry;
    const int result = dwarf_next_cfi(header.e_ident, section.data, true, offset, &next, &entry);
    if (result > 0 || next <= offset) break;
    if (result < 0 || dwarf_cfi_cie_p(&entry)) continue;
    if (entry.fde.CIE_pointer != encoding_of) {
      Dwarf_CFI_Entry cie;
      Dwarf_Off unused = 0;
      if (dwarf_next_cfi(header.e_ident, section.data, true, entry.fde.CIE_pointer, &unused,
                         &cie) != 0)
        continue;
      if (!dwarf_cfi_cie_p(&cie) || !code_encoding(cie.cie, &encoding)) continue;
      encoding_of = entry.fde.CIE_pointer;
    }
    PointerReader reader(section, entry.fde.start, entry.fde.end);
    uint64_t begin = 0;
    uint64_t size = 0;
    if (!reader.read(encoding, &begin) || !reader.read_raw(encoding & 0x0f, &size)) continue;
    const uint64_t end = file.code_end(begin);
    if (end != 0) functions_.add(begin, begin + std::min(size, end - begin), 0);
  }
  functions_.sort();
}

std::optional<uint64_t> FunctionStarts::find(uint64_t address) const {
  const auto* entry = functions_.find(address);
  if (entry == nullptr) return std::nullopt;
  return entry->begin;
}

std::optional<uint64_t> FunctionStarts::next_boundary(uint64_t address) const {
  const auto* entry = functions_.find(address);
  if (entry != nullptr) return entry->end;
  entry = functions_.next_above(address);
  if (entry == nullptr) return std::nullopt;
  return entry->begin;
}

}  // namespace program
