// The entry points of jemalloc, gperftools and mimalloc, of whichever is there: named weakly, as
// programs do that ask which allocator they have.
#include <cstdlib>
#include <new>

#include "truth.h"

#define WEAK extern "C" __attribute__((weak))
WEAK void* mallocx(size_t, int);
WEAK void* rallocx(void*, size_t, int);
WEAK size_t xallocx(void*, size_t, size_t, int);
WEAK void dallocx(void*, int);
WEAK void sdallocx(void*, size_t, int);
WEAK void* tc_malloc(size_t);
WEAK void* tc_calloc(size_t, size_t);
WEAK void* tc_realloc(void*, size_t);
WEAK int tc_posix_memalign(void**, size_t, size_t);
WEAK void* tc_new(size_t);
WEAK void tc_free(void*);
WEAK void tc_delete(void*);
WEAK void* mi_malloc(size_t);
WEAK void* mi_zalloc(size_t);
WEAK void* mi_calloc(size_t, size_t);
WEAK void* mi_realloc(void*, size_t);
WEAK void* mi_malloc_aligned(size_t, size_t);
WEAK void* mi_heap_get_default();
WEAK void* mi_heap_malloc(void*, size_t);
WEAK char* mi_strdup(const char*);
WEAK void mi_free(void*);

SITE void* site_mallocx() { return mallocx(1009, 0); }
SITE void* site_rallocx(void* p) { return rallocx(p, 70001, 0); }
SITE size_t site_xallocx(void* p, size_t size) { return xallocx(p, size, 0, 0); }
SITE void* site_tc_malloc() { return tc_malloc(1013); }
SITE void* site_tc_calloc() { return tc_calloc(3, 1019); }
SITE void* site_tc_realloc(void* p) { return tc_realloc(p, 70003); }
SITE void* site_tc_posix_memalign() {
  void* p = nullptr;
  tc_posix_memalign(&p, 64, 1021);
  return p;
}
SITE void* site_tc_new() { return tc_new(1031); }
SITE void* site_mi_malloc() { return mi_malloc(1033); }
SITE void* site_mi_zalloc() { return mi_zalloc(1039); }
SITE void* site_mi_calloc() { return mi_calloc(5, 1049); }
SITE void* site_mi_realloc(void* p) { return mi_realloc(p, 70009); }
SITE void* site_mi_malloc_aligned() { return mi_malloc_aligned(1051, 64); }
SITE void* site_mi_heap_malloc() { return mi_heap_malloc(mi_heap_get_default(), 1061); }
SITE void* site_mi_strdup(const char* text) { return mi_strdup(text); }
SITE void* site_malloc() { return malloc(1063); }
SITE void* site_new() { return ::operator new(1069); }
SITE void* site_new_aligned() { return ::operator new(1088, std::align_val_t(64)); }

static void* volatile kept[64];
static int kept_count;

static void* took(const char* site, void* p, int64_t bytes) {
  kept[kept_count++] = p;
  truth::allocated(site, bytes);
  return p;
}

// Three of a site, of which `release` gets one.
static void three(const char* site, void* (*allocate)(), int64_t bytes, void (*release)(void*)) {
  void* last = nullptr;
  for (int i = 0; i < 3; i++) last = took(site, allocate(), bytes);
  release(last);
  truth::freed(site, bytes);
}

static void jemalloc_calls() {
  three("site_mallocx", site_mallocx, 1009, [](void* p) { dallocx(p, 0); });
  three("site_mallocx", site_mallocx, 1009, [](void* p) { sdallocx(p, 1009, 0); });
  void* p = took("site_mallocx", site_mallocx(), 1009);
  p = took("site_rallocx", site_rallocx(p), 70001);
  truth::freed("site_mallocx", 1009);
  // Out of this size class it does not grow in place; within it does.
  truth::nothing("site_xallocx");
  if (site_xallocx(p, size_t{1} << 30) >= size_t{1} << 30) return;
  if (site_xallocx(p, 70002) >= 70002) {
    truth::freed("site_rallocx", 70001);
    truth::allocated("site_xallocx", 70002);
  }
}

static void tcmalloc_calls() {
  three("site_tc_malloc", site_tc_malloc, 1013, tc_free);
  three("site_tc_calloc", site_tc_calloc, 3057, tc_free);
  three("site_tc_posix_memalign", site_tc_posix_memalign, 1021, tc_free);
  three("site_tc_new", site_tc_new, 1031, tc_delete);
  void* p = took("site_tc_malloc", site_tc_malloc(), 1013);
  took("site_tc_realloc", site_tc_realloc(p), 70003);
  truth::freed("site_tc_malloc", 1013);
}

static void mimalloc_calls() {
  three("site_mi_malloc", site_mi_malloc, 1033, mi_free);
  three("site_mi_zalloc", site_mi_zalloc, 1039, mi_free);
  three("site_mi_calloc", site_mi_calloc, 5245, mi_free);
  three("site_mi_malloc_aligned", site_mi_malloc_aligned, 1051, mi_free);
  three("site_mi_heap_malloc", site_mi_heap_malloc, 1061, mi_free);
  void* p = took("site_mi_malloc", site_mi_malloc(), 1033);
  took("site_mi_realloc", site_mi_realloc(p), 70009);
  truth::freed("site_mi_malloc", 1033);
  char text[1087];
  memset(text, 'x', sizeof text - 1), text[sizeof text - 1] = 0;
  took("site_mi_strdup", site_mi_strdup(text), 1087);
}

int main() {
  three("site_malloc", site_malloc, 1063, free);
  three("site_new", site_new, 1069, [](void* p) { ::operator delete(p); });
  three("site_new_aligned", site_new_aligned, 1088,
        [](void* p) { ::operator delete(p, std::align_val_t(64)); });
  if (mallocx != nullptr) jemalloc_calls();
  if (tc_malloc != nullptr) tcmalloc_calls();
  if (mi_malloc != nullptr) mimalloc_calls();
  printf("%s%s%s\n", mallocx != nullptr ? "jemalloc " : "", tc_malloc != nullptr ? "tcmalloc " : "",
         mi_malloc != nullptr ? "mimalloc " : "");
  truth::print();
  return 0;
}
