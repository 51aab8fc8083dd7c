#include "program/symbols/elf_build_id.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "program/system/hexadecimal.h"

namespace program {
namespace {

constexpr size_t kMostNoteBytes = 4096;

template <typename T>
bool read_at(int fd, uint64_t offset, T* value) {
  return pread(fd, value, sizeof *value, static_cast<off_t>(offset)) == sizeof *value;
}

size_t aligned(size_t size) {
  return (size + 3) / 4 * 4;
}

std::string build_id_in(const std::string& notes) {
  for (size_t place = 0; place + sizeof(Elf64_Nhdr) <= notes.size();) {
    Elf64_Nhdr note;
    memcpy(&note, notes.data() + place, sizeof note);
    const size_t name = place + sizeof note;
    if (note.n_namesz > kMostNoteBytes || note.n_descsz > kMostNoteBytes) break;
    const size_t bytes = name + aligned(note.n_namesz);
    if (bytes + note.n_descsz > notes.size()) break;
    if (note.n_type == NT_GNU_BUILD_ID && notes.compare(name, note.n_namesz, "GNU", 4) == 0) {
      return hexadecimal(notes.substr(bytes, note.n_descsz));
    }
    place = bytes + aligned(note.n_descsz);
  }
  return "";
}

}  // namespace

std::string elf_build_id(int fd) {
  Elf64_Ehdr header;
  if (!read_at(fd, 0, &header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) return "";
  for (unsigned i = 0; i < header.e_shnum; i++) {
    Elf64_Shdr section;
    if (!read_at(fd, header.e_shoff + i * sizeof section, &section)) break;
    if (section.sh_type != SHT_NOTE) continue;
    std::string notes(std::min<size_t>(section.sh_size, kMostNoteBytes), '\0');
    const ssize_t size =
        pread(fd, notes.data(), notes.size(), static_cast<off_t>(section.sh_offset));
    notes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    const std::string found = build_id_in(notes);
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace program
