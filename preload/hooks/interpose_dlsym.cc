// Functions of libc that a library takes by dlsym(RTLD_NEXT) or from libc's handle: an allocator's
// threads, or free. It gets ours for them where bare it would get what ours calls.
//
// dlsym finds out from its return address which object asks. So it is jumped to, never called, with
// what the caller asked.
#include <dlfcn.h>
#include <link.h>

#include <atomic>
#include <cstring>

#include "collectors/heap.h"
#include "collectors/unwind/loader.h"
#include "collectors/unwind/objects.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/hooks/interpose_malloc.h"
#include "preload/hooks/interpose_thread.h"
#include "preload/linkage/symbol_lookup.h"

using Find = void*(void*, const char*);

extern "C" {
// What dlsym jumps to.
HIDDEN constinit std::atomic<Find*> profiler_next_dlsym{nullptr};
HIDDEN void* profiler_instead_of_found(void* handle, const char* name, const void* caller);
}

asm(R"(
  .pushsection .text
  .globl dlsym
  .type dlsym, @function
dlsym:
  .cfi_startproc
  endbr64
  push %rdi
  .cfi_adjust_cfa_offset 8
  push %rsi
  .cfi_adjust_cfa_offset 8
  sub $8, %rsp
  .cfi_adjust_cfa_offset 8
  mov 24(%rsp), %rdx
  call profiler_instead_of_found
  add $8, %rsp
  .cfi_adjust_cfa_offset -8
  pop %rsi
  .cfi_adjust_cfa_offset -8
  pop %rdi
  .cfi_adjust_cfa_offset -8
  test %rax, %rax
  jnz 1f
  jmp *profiler_next_dlsym(%rip)
1:
  ret
  .cfi_endproc
  .size dlsym, .-dlsym
  .popsection
)");

namespace {

struct Function {
  const void* ours;
  const void* next;
  bool is_of_heap;
};

// What a name stands for. The next one is known once the next definitions are.
struct Entry {
  const char* name;
  const void* (*ours)();
  const void* (*next)();
  bool is_of_heap;
};

#define ENTRY(name, is_of_heap)                                                       \
  Entry {                                                                             \
#name, [] { return reinterpret_cast<const void*>(own_##name); },                    \
        [] { return reinterpret_cast<const void*>(real::name); }, is_of_heap \
  }
constexpr Entry kEntries[] = {
    ENTRY(pthread_create, false), ENTRY(thrd_create, false),
    ENTRY(malloc, true),          ENTRY(free, true),
    ENTRY(calloc, true),          ENTRY(realloc, true),
    ENTRY(posix_memalign, true),  ENTRY(aligned_alloc, true),
    ENTRY(memalign, true),
};
#undef ENTRY

// Nothing for other names. Blocks are led here only while they are recorded: else they go past us.
Function function_of(const char* name) {
  for (const Entry& each : kEntries) {
    if (std::strcmp(each.name, name) != 0) continue;
    if (each.is_of_heap && !heap::is_recording()) break;
    real::resolve();
    return {each.ours(), each.next(), each.is_of_heap};
  }
  return {nullptr, nullptr, false};
}

const link_map* object_of(const void* address) {
  loader::FoundObject found;
  return loader::find(reinterpret_cast<uint64_t>(address), &found) ? found.map : nullptr;
}

struct Search {
  const char* name;
  const link_map *caller, *definer;
  bool met_caller, has_other;
};

const void* dynamic_section(const dl_phdr_info& object) {
  for (unsigned i = 0; i < object.dlpi_phnum; i++) {
    const ElfW(Phdr)& segment = object.dlpi_phdr[i];
    if (segment.p_type == PT_DYNAMIC) {
      return reinterpret_cast<const void*>(object.dlpi_addr + segment.p_vaddr);
    }
  }
  return nullptr;
}

int look_at(dl_phdr_info* object, size_t, void* of) {
  Search& search = *static_cast<Search*>(of);
  const void* dynamic = dynamic_section(*object);
  const link_map* map = dynamic == nullptr ? nullptr : object_of(dynamic);
  if (map == nullptr || objects::is_own(reinterpret_cast<uint64_t>(dynamic))) return 0;
  search.met_caller |= map == search.caller;
  search.has_other |= map != search.definer && symbol_lookup::in(*map, search.name) != nullptr;
  return search.has_other;
}

// Bare, `next` is what `caller` finds behind itself: no other object defines the name, nor does the
// caller itself, and the caller is not in a namespace of its own. Where the loader does not say
// which object an address is in (before glibc 2.35), the answer is no.
bool finds_next(const char* name, const void* next, const void* caller) {
  Search search{name, object_of(caller), object_of(next), false, false};
  if (search.caller == nullptr || search.definer == nullptr || search.caller == search.definer) {
    return false;
  }
  dl_iterate_phdr(look_at, &search);
  return search.met_caller && !search.has_other;
}

// The same for a handle of libc's, of blocks: an allocator that takes what it calls from there
// would come back to itself through ours.
bool is_defined_once(const char* name, const void* next, const void* caller) {
  Search search{name, object_of(caller), object_of(next), false, false};
  if (search.definer == nullptr) return false;
  dl_iterate_phdr(look_at, &search);
  return !search.has_other;
}

Find* next_dlsym() {
  Find* next = profiler_next_dlsym.load(std::memory_order_relaxed);
  if (next != nullptr) return next;
  next = reinterpret_cast<Find*>(dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5"));
  // Relaxed: each thread finds the same.
  profiler_next_dlsym.store(next, std::memory_order_relaxed);
  return next;
}

}  // namespace

// Context: dlsym, of any caller, also before the constructor.
void* profiler_instead_of_found(void* handle, const char* name, const void* caller) {
  Find* const next = next_dlsym();
  if (name == nullptr || handle == RTLD_DEFAULT || real::is_resolving()) return nullptr;
  const Function asked = function_of(name);
  if (asked.next == nullptr || objects::is_own(reinterpret_cast<uint64_t>(caller))) return nullptr;
  const bool is_next = handle == RTLD_NEXT
                           ? finds_next(name, asked.next, caller)
                           : next(handle, name) == asked.next &&
                                 (!asked.is_of_heap || is_defined_once(name, asked.next, caller));
  return is_next ? const_cast<void*>(asked.ours) : nullptr;
}
