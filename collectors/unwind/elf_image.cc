#include "collectors/unwind/elf_image.h"

#include <sys/auxv.h>

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

ElfImage ElfImage::at(const void* header, uint64_t bias) {
  const auto* elf = static_cast<const ElfW(Ehdr)*>(header);
  const uint64_t headers = reinterpret_cast<uint64_t>(header) + elf->e_phoff;
  return {reinterpret_cast<const ElfW(Phdr)*>(headers), elf->e_phnum, bias, {}, 0};
}

// A program without PT_PHDR lies where its file says.
ElfImage ElfImage::of_program() {
  const uint64_t headers = getauxval(AT_PHDR);
  ElfImage image{reinterpret_cast<const ElfW(Phdr)*>(headers),
                 headers == 0 ? 0 : static_cast<unsigned>(getauxval(AT_PHNUM)),
                 0,
                 {},
                 layout::kObjectMain};
  for (unsigned i = 0; i < image.header_count; i++) {
    const ElfW(Phdr)& s = image.headers[i];
    if (s.p_type == PT_PHDR) image.bias = headers - s.p_vaddr;
  }
  return image;
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
