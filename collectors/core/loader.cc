#include "collectors/core/loader.h"

#include <dlfcn.h>
#include <sys/auxv.h>

#include "env/safe/text.h"

namespace loader {

namespace {

int (*find_object)(void* pc, FoundObject* result);

constexpr unsigned kMaxInitial = 4096;
const link_map* initial_maps[kMaxInitial];
unsigned initial_count;

}  // namespace

void start() {
  if (find_object != nullptr) return;
  find_object =
      reinterpret_cast<int (*)(void*, FoundObject*)>(dlsym(RTLD_DEFAULT, "_dl_find_object"));
  FoundObject found;
  if (!find(getauxval(AT_PHDR), &found)) return;
  for (const link_map* map = found.map; map != nullptr; map = map->l_next) {
    if (initial_count < kMaxInitial) initial_maps[initial_count++] = map;
  }
}

bool find(uint64_t pc, FoundObject* found) {
  return find_object != nullptr && find_object(reinterpret_cast<void*>(pc), found) == 0;
}

Bounds bounds_of(const link_map& map) {
  FoundObject found;
  if (!find(reinterpret_cast<uint64_t>(map.l_ld), &found) || found.map != &map) return {0, 0};
  return {reinterpret_cast<uint64_t>(found.map_start), reinterpret_cast<uint64_t>(found.map_end)};
}

bool is_initial(const link_map* map) {
  for (unsigned i = 0; i < initial_count; i++) {
    if (initial_maps[i] == map) return true;
  }
  return false;
}

bool is_valgrind() {
  for (unsigned i = 0; i < initial_count; i++) {
    const char* path = initial_maps[i]->l_name;
    if (path != nullptr && text::find(path, "/vgpreload_core") != text::kNowhere) return true;
  }
  return false;
}

const link_map* initial(unsigned index) {
  return index < initial_count ? initial_maps[index] : nullptr;
}

}  // namespace loader
