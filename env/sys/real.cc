#include "env/sys/real.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace real {

#define REAL(result, name, parameters) result(*name) parameters = nullptr;
#include "env/sys/real.def"
#undef REAL

namespace {

std::atomic<bool> resolved;
__thread bool resolving __attribute__((tls_model("initial-exec")));

// glibc's dlsym allocates nothing when it finds a symbol; other preloads' wrappers of it may. 64
// KiB is what the greediest known one asks for.
alignas(4096) char pool[64 * 1024];
std::atomic<size_t> pool_used;

// Conditions have an older form under the same name, which some versions of libc give first. Known
// when this is compiled: strcmp is another's in a host with AddressSanitizer, and begins it.
consteval bool has_old_form(std::string_view name) {
  return name == "pthread_cond_wait" || name == "pthread_cond_timedwait" ||
         name == "pthread_cond_signal" || name == "pthread_cond_broadcast";
}

template <typename Function>
void look_up(Function*& pointer, const char* name, bool old_form) {
  void* found = old_form ? dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2") : dlsym(RTLD_NEXT, name);
  pointer = reinterpret_cast<Function*>(found);
}

}  // namespace

void resolve() {
  if (resolved.load(std::memory_order_acquire)) return;
  resolving = true;
  // Threads that do this at once write the same values.
#define REAL(result, name, parameters) look_up(name, #name, has_old_form(#name));
#include "env/sys/real.def"
#undef REAL
  resolving = false;
  resolved.store(true, std::memory_order_release);
}

const void* of_version(const char* name, const char* version) {
  return dlvsym(RTLD_NEXT, name, version);
}

bool is_resolved() {
  return resolved.load(std::memory_order_acquire);
}

bool is_resolving() {
  return resolving;
}

void* bootstrap_allocate(size_t size, size_t alignment) {
  if (alignment < 16) alignment = 16;
  size_t at = pool_used.load(std::memory_order_relaxed);
  size_t begin;
  do {
    begin = (at + sizeof(size_t) + alignment - 1) & ~(alignment - 1);
    if (size > sizeof pool || begin > sizeof pool - size) return nullptr;
  } while (!pool_used.compare_exchange_weak(at, begin + size, std::memory_order_relaxed));
  __builtin_memcpy(pool + begin - sizeof size, &size, sizeof size);
  return pool + begin;
}

bool is_bootstrap(const void* p) {
  return reinterpret_cast<uintptr_t>(p) - reinterpret_cast<uintptr_t>(pool) < sizeof pool;
}

bool bootstrap_was_used() {
  return pool_used.load(std::memory_order_relaxed) != 0;
}

size_t bootstrap_size(const void* p) {
  size_t size;
  __builtin_memcpy(&size, static_cast<const char*>(p) - sizeof size, sizeof size);
  return size;
}

}  // namespace real
