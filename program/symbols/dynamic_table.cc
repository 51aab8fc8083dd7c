#include "program/symbols/dynamic_table.h"

#include <algorithm>
#include <cstring>

namespace program {
namespace {

// The n-th entry of a table in the file; false if the table is shorter. Entries may be unaligned.
template <typename T>
bool entry_of(const Elf_Data* data, uint64_t n, T* entry) {
  if (data == nullptr || n >= data->d_size / sizeof(T)) return false;
  memcpy(entry, static_cast<const char*>(data->d_buf) + n * sizeof(T), sizeof(T));
  return true;
}

}  // namespace

DynamicTable::DynamicTable(const ElfFile& file) : file_(file) {
  GElf_Ehdr header;
  const bool is_x86_64 = gelf_getehdr(file.elf(), &header) != nullptr &&
                         header.e_machine == EM_X86_64 && header.e_ident[EI_CLASS] == ELFCLASS64;
  const auto segment = is_x86_64 ? file.segment(PT_DYNAMIC) : std::nullopt;
  if (!segment) return;
  const Elf_Data* data = file.loaded_from(segment->p_vaddr);
  Elf64_Dyn entry;
  for (uint64_t i = 0; entry_of(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
    values_.try_emplace(entry.d_tag, entry.d_un.d_val);
  }
}

uint64_t DynamicTable::value(int64_t tag) const {
  const auto at = values_.find(tag);
  return at == values_.end() ? 0 : at->second;
}

std::string DynamicTable::symbol_name(uint32_t index) const {
  Elf64_Sym symbol;
  if (index == 0 || !entry_of(file_.loaded_from(value(DT_SYMTAB)), index, &symbol)) return "";
  const Elf_Data* strings = file_.loaded_from(value(DT_STRTAB));
  if (strings == nullptr || symbol.st_name >= strings->d_size) return "";
  const char* name = static_cast<const char*>(strings->d_buf) + symbol.st_name;
  return {name, strnlen(name, strings->d_size - symbol.st_name)};
}

std::vector<DynamicTable::Relocation> DynamicTable::relocations(int64_t table, int64_t size) const {
  std::vector<Relocation> found;
  const Elf_Data* data = value(table) == 0 ? nullptr : file_.loaded_from(value(table));
  const uint64_t count = value(size) / sizeof(Elf64_Rela);
  Elf64_Rela entry;
  for (uint64_t i = 0; i < count && entry_of(data, i, &entry); i++) {
    found.push_back({entry.r_offset, static_cast<uint32_t>(ELF64_R_TYPE(entry.r_info)),
                     symbol_name(static_cast<uint32_t>(ELF64_R_SYM(entry.r_info))),
                     static_cast<uint64_t>(entry.r_addend)});
  }
  return found;
}

}  // namespace program
