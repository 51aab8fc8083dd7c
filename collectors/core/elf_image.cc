#include "collectors/core/elf_image.h"

namespace {

uint64_t align4(uint64_t size) {
  return (size + 3) & ~uint64_t{3};
}

// Looks for the build id among the notes in [at, end); true if it was there.
bool copy_from_notes(uint64_t at, uint64_t end, layout::Object& object) {
  while (end - at >= sizeof(ElfW(Nhdr))) {
    const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
    const char* name = reinterpret_cast<const char*>(note + 1);
    const uint64_t size = sizeof *note + align4(note->n_namesz) + align4(note->n_descsz);
    if (size > end - at) return false;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
        __builtin_memcmp(name, "GNU", 4) == 0 && note->n_descsz <= layout::kMaxBuildId) {
      object.build_id_size = note->n_descsz;
      __builtin_memcpy(object.build_id, name + 4, note->n_descsz);
      return true;
    }
    at += size;
  }
  return false;
}

}  // namespace

bool ElfImage::is_at(const void* address) {
  return __builtin_memcmp(address, ELFMAG, SELFMAG) == 0;
}

const ElfW(Phdr) * ElfImage::segments() const {
  return reinterpret_cast<const ElfW(Phdr)*>(reinterpret_cast<uint64_t>(header) + header->e_phoff);
}

const ElfW(Phdr) * ElfImage::segment_at(uint64_t address, uint64_t size) const {
  const ElfW(Phdr)* s = segments();
  for (unsigned i = 0; i < segment_count(); i++, s++) {
    const uint64_t low = bias + s->p_vaddr;
    if (s->p_type == PT_LOAD && address >= low && size <= s->p_filesz &&
        address - low <= s->p_filesz - size) {
      return s;
    }
  }
  return nullptr;
}

const ElfW(Phdr) * ElfImage::code_at(uint64_t pc) const {
  const ElfW(Phdr)* s = segments();
  for (unsigned i = 0; i < segment_count(); i++, s++) {
    if (s->p_type == PT_LOAD && (s->p_flags & PF_X) != 0 && pc - (bias + s->p_vaddr) < s->p_memsz) {
      return s;
    }
  }
  return nullptr;
}

uint64_t ElfImage::unwind_table() const {
  const ElfW(Phdr)* s = segments();
  for (unsigned i = 0; i < segment_count(); i++, s++) {
    if (s->p_type == PT_GNU_EH_FRAME) return bias + s->p_vaddr;
  }
  return 0;
}

void ElfImage::copy_build_id(layout::Object& object) const {
  const ElfW(Phdr)* s = segments();
  for (unsigned i = 0; i < segment_count(); i++, s++) {
    const uint64_t at = bias + s->p_vaddr;
    if (s->p_type == PT_NOTE && segment_at(at, s->p_memsz) != nullptr &&
        copy_from_notes(at, at + s->p_memsz, object)) {
      return;
    }
  }
}
