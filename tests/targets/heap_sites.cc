// Every way to get a block, each in a function of its own, with sizes that nothing else asks for.
#include <malloc.h>
#include <pthread.h>

#include <cstdlib>
#include <new>

#include "truth.h"

namespace {

void* volatile kept[256];  // keeps the blocks alive, and the compiler from removing them
int kept_count = 0;
volatile size_t huge = SIZE_MAX / 4;

void* keep(void* p) {
  kept[kept_count++] = p;
  return p;
}

void release(const char* site, void* p, int64_t bytes) {
  truth::freed(site, bytes);
  free(p);
}

}  // namespace

// A function of this name that takes and keeps a block.
#define BLOCK(name, arguments, ...) \
  SITE void* name arguments {       \
    return keep(__VA_ARGS__);       \
  }
BLOCK(site_malloc, (), malloc(1009))
BLOCK(site_malloc_zero, (), malloc(0))
BLOCK(site_calloc, (), calloc(13, 101))
BLOCK(site_calloc_overflow, (), calloc(huge, 5))
BLOCK(site_malloc_fails, (), malloc(huge))
BLOCK(site_realloc_of_null, (), realloc(nullptr, 1511))
BLOCK(site_grown_before, (), malloc(2003))
BLOCK(site_realloc_grows, (void* p), realloc(p, 4001))
BLOCK(site_shrunk_before, (), malloc(8009))
BLOCK(site_realloc_shrinks, (void* p), realloc(p, 307))
BLOCK(site_moved_before, (), malloc(523))
BLOCK(site_realloc_moves, (void* p), realloc(p, 1048583))
BLOCK(site_failed_before, (), malloc(709))
BLOCK(site_realloc_fails, (void* p), realloc(p, huge))
BLOCK(site_zeroed_before, (), malloc(811))
BLOCK(site_realloc_to_zero, (void* p), realloc(p, 0))
BLOCK(site_reallocarray, (), reallocarray(nullptr, 17, 89))
BLOCK(site_reallocarray_overflow, (), reallocarray(nullptr, huge, 8))
SITE void* site_posix_memalign() {
  void* p = nullptr;
  return keep(posix_memalign(&p, 64, 1601) == 0 ? p : nullptr);
}
SITE int site_posix_memalign_fails() {
  void* p = nullptr;
  const int error = posix_memalign(&p, 3, 1607);
  keep(p);
  return error;
}
BLOCK(site_aligned_alloc, (), aligned_alloc(64, 1856))
BLOCK(site_memalign, (), memalign(128, 1901))
BLOCK(site_valloc, (), valloc(1907))
BLOCK(site_pvalloc, (), pvalloc(1913))
BLOCK(site_strdup, (const char* text), strdup(text))
BLOCK(site_new, (), ::operator new(2027))
BLOCK(site_new_array, (), ::operator new[](2029))
BLOCK(site_new_nothrow, (), ::operator new(2039, std::nothrow))
// libstdc++ asks for the size rounded up to the alignment: 9 * 256 and 33 * 64 are not rounded.
BLOCK(site_new_aligned, (), ::operator new(2304, std::align_val_t(256)))
BLOCK(site_new_aligned_array, (), ::operator new[](2112, std::align_val_t(64)))
BLOCK(site_thread, (), malloc(2111))
BLOCK(site_for_thread, (), malloc(2113))
BLOCK(site_before_main, (), malloc(2203))
BLOCK(site_at_exit, (), malloc(2207))
BLOCK(site_destructor, (), malloc(2213))
BLOCK(site_preinit, (), malloc(2221))
BLOCK(site_key_destructor, (), malloc(2237))
BLOCK(site_thread_local_destructor, (), malloc(2239))

namespace {

bool usable = true;

void* took(const char* site, void* p, int64_t bytes) {
  truth::allocated(site, bytes);
  usable = usable && p != nullptr && malloc_usable_size(p) >= static_cast<size_t>(bytes);
  return p;
}

// `times` blocks of a site, of which `keeps` stay alive.
void repeat(const char* name, void* (*site)(), int64_t bytes, int times, int keeps) {
  for (int i = 0; i < times; i++) {
    void* p = took(name, site(), bytes);
    if (i >= keeps) release(name, p, bytes);
  }
}

void reallocs() {
  void* p = took("site_grown_before", site_grown_before(), 2003);
  p = site_realloc_grows(p);
  truth::freed("site_grown_before", 2003), took("site_realloc_grows", p, 4001);
  p = took("site_shrunk_before", site_shrunk_before(), 8009);
  p = site_realloc_shrinks(p);
  truth::freed("site_shrunk_before", 8009), took("site_realloc_shrinks", p, 307);
  p = took("site_moved_before", site_moved_before(), 523);
  p = site_realloc_moves(p);
  truth::freed("site_moved_before", 523), took("site_realloc_moves", p, 1048583);
  p = took("site_failed_before", site_failed_before(), 709);
  usable = usable && site_realloc_fails(p) == nullptr;
  truth::nothing("site_realloc_fails");
  p = took("site_zeroed_before", site_zeroed_before(), 811);
  p = site_realloc_to_zero(p);  // frees, says glibc; others give a new block
  truth::freed("site_zeroed_before", 811), truth::nothing("site_realloc_to_zero");
  if (p != nullptr) truth::allocated("site_realloc_to_zero", 0);
}

void failures() {
  usable = usable && site_calloc_overflow() == nullptr && site_malloc_fails() == nullptr &&
           site_reallocarray_overflow() == nullptr && site_posix_memalign_fails() == 22;
  truth::nothing("site_calloc_overflow"), truth::nothing("site_malloc_fails");
  truth::nothing("site_reallocarray_overflow"), truth::nothing("site_posix_memalign_fails");
}

void strings_and_new() {
  char text[1931];
  memset(text, 'x', 1930), text[1930] = 0;
  for (int i = 0; i < 3; i++) took("site_strdup", site_strdup(text), 1931);
  repeat("site_new", site_new, 2027, 5, 5);
  ::operator delete(kept[kept_count - 1]), truth::freed("site_new", 2027);
  ::operator delete(kept[kept_count - 2], 2027), truth::freed("site_new", 2027);
  repeat("site_new_array", site_new_array, 2029, 3, 3);
  ::operator delete[](kept[kept_count - 1]), truth::freed("site_new_array", 2029);
  repeat("site_new_nothrow", site_new_nothrow, 2039, 2, 1);
  repeat("site_new_aligned", site_new_aligned, 2304, 3, 3);
  ::operator delete(kept[kept_count - 1], std::align_val_t(256));
  truth::freed("site_new_aligned", 2304);
  repeat("site_new_aligned_array", site_new_aligned_array, 2112, 2, 1);
}

pthread_key_t key;
// Sets its own key again: called four times.
void key_destructor(void* value) {
  repeat("site_key_destructor", site_key_destructor, 2237, 2, 1);
  pthread_setspecific(key, value);
}

struct Local {
  int used = 1;
  ~Local() { repeat("site_thread_local_destructor", site_thread_local_destructor, 2239, 3, 1); }
};
thread_local Local local;

void* thread_main(void* argument) {
  pthread_setspecific(key, &key);
  local.used++;
  repeat("site_thread", site_thread, 2111, 11, 11);
  release("site_for_thread", argument, 2113);
  return nullptr;
}

void threads() {
  void* handed = took("site_for_thread", site_for_thread(), 2113);
  took("site_for_thread", site_for_thread(), 2113);
  const int first = kept_count;
  pthread_t thread;
  pthread_key_create(&key, key_destructor);
  pthread_create(&thread, nullptr, thread_main, handed);
  pthread_join(thread, nullptr);
  for (int i = 0; i < 6; i++) release("site_thread", kept[first + i], 2111);
}

__attribute__((constructor)) void before_main() {
  repeat("site_before_main", site_before_main, 2203, 3, 2);
}

// Before the constructor of any library.
void before_all(int, char**, char**) {
  repeat("site_preinit", site_preinit, 2221, 9, 4);
}
__attribute__((section(".preinit_array"), used)) void (*preinit)(int, char**, char**) = before_all;

void at_exit() {
  for (int i = 0; i < 2; i++) site_at_exit();
  free(kept[kept_count - 1]);
}

__attribute__((destructor)) void destructor() {
  for (int i = 0; i < 2; i++) site_destructor();
  free(kept[kept_count - 1]);
}

}  // namespace

// usage: heap_sites [portable]     (without what other allocators than libc's do not have)
int main(int argc, char**) {
  const bool portable = argc > 1;
  repeat("site_malloc", site_malloc, 1009, 7, 3);
  repeat("site_malloc_zero", site_malloc_zero, 0, 5, 2);
  repeat("site_calloc", site_calloc, 1313, 3, 1);
  repeat("site_realloc_of_null", site_realloc_of_null, 1511, 2, 1);
  repeat("site_reallocarray", site_reallocarray, 1513, 3, 2);
  repeat("site_posix_memalign", site_posix_memalign, 1601, 4, 2);
  repeat("site_aligned_alloc", site_aligned_alloc, 1856, 3, 1);
  repeat("site_memalign", site_memalign, 1901, 2, 1);
  repeat("site_valloc", site_valloc, 1907, 2, 1);
  if (!portable) repeat("site_pvalloc", site_pvalloc, 1913, 2, 1);
  reallocs();
  failures();
  strings_and_new();
  threads();
  atexit(at_exit);
  truth::print();
  // These happen after the last line is printed, and after the end has begun: what they allocate is
  // not in use.
  printf("site site_at_exit 2 4414 0 0\nsite site_destructor 2 4426 0 0\n");
  return usable ? 0 : 1;
}
