#include "program/symbols/elf_section.h"

#include <gelf.h>

#include <cstring>

namespace program {

std::string_view elf_section(Elf* elf, const char* name) {
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return {};
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* own_name = elf_strptr(elf, names, header.sh_name);
    if (own_name == nullptr || strcmp(own_name, name) != 0) continue;
    if ((header.sh_flags & SHF_COMPRESSED) != 0) elf_compress(section, 0, 0);
    const Elf_Data* data = elf_rawdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {static_cast<const char*>(data->d_buf), data->d_size};
  }
  return {};
}

}  // namespace program
