#include "collectors/waits/blind_spots.h"

#include <elf.h>

#include "collectors/unwind/elf_image.h"
#include "collectors/unwind/loader.h"

namespace blind_spots {

namespace {

constexpr std::string_view kStart = "not seen: ";

// Go's linker leaves a note of its own name in every program.
bool is_go(const link_map& map) {
  ElfImage image;
  if (!loader::image_of(map, &image)) return false;
  const ElfW(Phdr)* s = image.segments();
  for (unsigned i = 0; i < image.segment_count(); i++) {
    if (s[i].p_type != PT_NOTE || s[i].p_memsz < sizeof(ElfW(Nhdr)) + 4) continue;
    const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(map.l_addr + s[i].p_vaddr);
    const auto* name = reinterpret_cast<const char*>(note + 1);
    if (note->n_namesz == 4 && name[0] == 'G' && name[1] == 'o' && name[2] == 0) return true;
  }
  return false;
}

}  // namespace

void note(text::Builder& out) {
  if (text::find(out.view(), kStart) != text::kNowhere) return;
  const link_map* map;
  for (unsigned i = 0; (map = loader::initial(i)) != nullptr; i++) {
    if (text::find(map->l_name, "/libgomp.so") != text::kNowhere) {
      out << kStart << "barriers and locks of OpenMP (libgomp calls the kernel itself)\n";
    }
    if (is_go(*map)) out << kStart << "waits of goroutines (Go calls the kernel itself)\n";
  }
}

}  // namespace blind_spots
