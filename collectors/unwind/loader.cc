#include "collectors/unwind/loader.h"

#include <dlfcn.h>
#include <sys/auxv.h>

#include <algorithm>

#include "env/sys/text.h"

namespace loader {

namespace {

int (*find_object)(void* pc, FoundObject* result);

constexpr unsigned kMaxInitial = 4096;
const link_map* initial_maps[kMaxInitial];
unsigned initial_count;
bool has_valgrind;

uint64_t address(const void* p) {
  return reinterpret_cast<uint64_t>(p);
}

bool is_of_valgrind(const link_map& map) {
  return map.l_name != nullptr && text::find(map.l_name, "/vgpreload_core") != text::kNowhere;
}

}  // namespace

void start() {
  if (find_object != nullptr) return;
  find_object =
      reinterpret_cast<int (*)(void*, FoundObject*)>(dlsym(RTLD_DEFAULT, "_dl_find_object"));
  FoundObject found;
  if (!find(getauxval(AT_PHDR), &found)) return;
  for (const link_map* map = found.map; map != nullptr; map = map->l_next) {
    if (initial_count < kMaxInitial) initial_maps[initial_count++] = map;
    has_valgrind = has_valgrind || is_of_valgrind(*map);
  }
}

bool find(uint64_t pc, FoundObject* found) {
  return find_object != nullptr && find_object(reinterpret_cast<void*>(pc), found) == 0;
}

// The kernel maps the program segment by segment; the loader reserves one range for any other
// object.
bool image_of(const FoundObject& found, ElfImage* image) {
  if (found.map == initial(0)) {
    *image = ElfImage::of_program();
    image->bias = found.map->l_addr;
    return image->header_count != 0;
  }
  if (!ElfImage::is_at(found.map_start)) return false;
  *image = ElfImage::at(found.map_start, found.map->l_addr);
  return true;
}

bool image_of(const link_map& map, ElfImage* image) {
  FoundObject found;
  return find(reinterpret_cast<uint64_t>(map.l_ld), &found) && found.map == &map &&
         image_of(found, image);
}

Bounds bounds_of(const link_map& map) {
  FoundObject found;
  if (!find(reinterpret_cast<uint64_t>(map.l_ld), &found) || found.map != &map) return {0, 0};
  Bounds bounds{address(found.map_start), address(found.map_end)};
  if (&map != initial(0)) return bounds;
  const ElfImage program = ElfImage::of_program();
  for (unsigned i = 0; i < program.header_count; i++) {
    const ElfW(Phdr)& s = program.headers[i];
    if (s.p_type != PT_LOAD) continue;
    bounds.start = std::min(bounds.start, map.l_addr + s.p_vaddr);
    bounds.end = std::max(bounds.end, map.l_addr + s.p_vaddr + s.p_memsz);
  }
  return bounds;
}

bool is_initial(const link_map* map) {
  for (unsigned i = 0; i < initial_count; i++) {
    if (initial_maps[i] == map) return true;
  }
  return false;
}

bool is_valgrind() {
  return has_valgrind;
}

const link_map* initial(unsigned index) {
  return index < initial_count ? initial_maps[index] : nullptr;
}

}  // namespace loader
