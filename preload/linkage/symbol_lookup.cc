#include "preload/linkage/symbol_lookup.h"

#include <dlfcn.h>

#include "collectors/unwind/loader.h"
#include "collectors/unwind/objects.h"

namespace symbol_lookup {

namespace {

struct Symbols {
  const ElfW(Sym) * table;
  const char* names;
  const uint32_t* gnu_hash;
  const uint32_t* hash;
};

Symbols symbols_of(const link_map& map) {
  Symbols s{};
  const loader::Bounds bounds = loader::bounds_of(map);
  for (const ElfW(Dyn)* d = map.l_ld; d != nullptr && d->d_tag != DT_NULL; d++) {
    const uint64_t at = loader::address_in(map, bounds, d->d_un.d_ptr);
    if (d->d_tag == DT_SYMTAB) s.table = reinterpret_cast<const ElfW(Sym)*>(at);
    if (d->d_tag == DT_STRTAB) s.names = reinterpret_cast<const char*>(at);
    if (d->d_tag == DT_GNU_HASH) s.gnu_hash = reinterpret_cast<const uint32_t*>(at);
    if (d->d_tag == DT_HASH) s.hash = reinterpret_cast<const uint32_t*>(at);
  }
  return s;
}

// Not strcmp: AddressSanitizer's own would begin that runtime here, and what is asked is whether it
// may begin at all.
bool is_same(const char* a, const char* b) {
  for (; *a == *b; a++, b++) {
    if (*a == 0) return true;
  }
  return false;
}

bool is_definition(const Symbols& s, uint32_t index, const char* name) {
  const ElfW(Sym)& symbol = s.table[index];
  const unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT) &&
         is_same(s.names + symbol.st_name, name);
}

uint32_t gnu_hash_of(const char* name) {
  uint32_t h = 5381;
  for (; *name != 0; name++) h = h * 33 + static_cast<unsigned char>(*name);
  return h;
}

// 0 if it is not there, which no definition's index is.
uint32_t index_by_gnu_hash(const Symbols& s, const char* name) {
  const uint32_t buckets = s.gnu_hash[0], first = s.gnu_hash[1], words = s.gnu_hash[2];
  if (buckets == 0) return 0;
  const uint32_t* const bucket = s.gnu_hash + 4 + words * 2;
  const uint32_t* const chain = bucket + buckets;
  const uint32_t hash = gnu_hash_of(name);
  uint32_t i = bucket[hash % buckets];
  if (i < first) return 0;
  for (;; i++) {
    const uint32_t of_symbol = chain[i - first];
    if ((of_symbol | 1) == (hash | 1) && is_definition(s, i, name)) return i;
    if ((of_symbol & 1) != 0) return 0;
  }
}

uint32_t index_by_trying_all(const Symbols& s, const char* name) {
  const uint32_t count = s.hash[1];
  for (uint32_t i = 1; i < count; i++) {
    if (is_definition(s, i, name)) return i;
  }
  return 0;
}

}  // namespace

const void* in(const link_map& map, const char* name) {
  const Symbols s = symbols_of(map);
  if (s.table == nullptr || s.names == nullptr) return nullptr;
  uint32_t index = 0;
  if (s.gnu_hash != nullptr) {
    index = index_by_gnu_hash(s, name);
  } else if (s.hash != nullptr) {
    index = index_by_trying_all(s, name);
  }
  return index == 0 ? nullptr : reinterpret_cast<const void*>(map.l_addr + s.table[index].st_value);
}

const void* first(const char* name) {
  const link_map* map;
  for (unsigned i = 0; (map = loader::initial(i)) != nullptr; i++) {
    if (const void* p = in(*map, name)) return p;
  }
  return nullptr;
}

const void* next(const char* name) {
  const link_map* map;
  bool behind_us = false;
  for (unsigned i = 0; (map = loader::initial(i)) != nullptr; i++) {
    if (map->l_addr == reinterpret_cast<uint64_t>(__ehdr_start)) {
      behind_us = true;
    } else if (behind_us) {
      if (const void* p = in(*map, name)) return p;
    }
  }
  return dlsym(RTLD_NEXT, name);
}

}  // namespace symbol_lookup
