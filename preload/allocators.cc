#include "preload/allocators.h"

#include <cstring>
#include <string_view>

#include "collectors/core/loader.h"
#include "collectors/core/objects.h"
#include "env/safe/log.h"
#include "env/safe/real.h"
#include "env/safe/thread_state.h"
#include "preload/definitions.h"
#include "preload/interpose_allocators.h"
#include "preload/interpose_malloc.h"
#include "preload/slots.h"

namespace allocators {

namespace {

using interpose_allocators::EntryPoint;
using interpose_allocators::Group;
using slots::Slot;

struct Survey {
  const link_map* program;
  const link_map* libc;
  const link_map* malloc;  // the object whose malloc the host calls, but for ours
  bool before_us;          // it stands before us: what it defines goes past us
};

enum class Finding { kUsual, kInProgram, kBeforeUs };
Finding finding;

uint64_t address(const void* p) {
  return reinterpret_cast<uint64_t>(p);
}

const link_map* object_of(const void* p) {
  loader::FoundObject found;
  return p != nullptr && loader::find(address(p), &found) ? found.map : nullptr;
}

bool is_ours(const void* p) {
  return objects::is_own(address(p));
}

// True if an allocating function, called with (`first`, 16, 16), comes to our malloc family by
// itself: then it is counted there. The countdown is the witness. 16 is a size, an alignment, or a
// std::nothrow that nobody reads.
bool comes_to_us(const void* allocate, uint64_t first, const void* release) {
  constexpr uint64_t kWitness = uint64_t{1} << 62;
  ThreadState& state = thread_state;
  const uint64_t before = state.heap_countdown;
  state.heap_countdown = kWitness;
  using Call = uint64_t(uint64_t, uint64_t, uint64_t);
  uint64_t block = reinterpret_cast<Call*>(const_cast<void*>(allocate))(first, 16, 16);
  const bool came = state.heap_countdown != kWitness;
  state.heap_countdown = before;
  // posix_memalign has put it where it was told.
  if (first > 16) block = *reinterpret_cast<const uint64_t*>(first);
  if (release != nullptr) reinterpret_cast<Call*>(const_cast<void*>(release))(block, 16, 16);
  return came;
}

bool family_comes_to_us(const char* name, const void* function) {
  // One that the allocator does not have is libc's: another's block.
  const void* allocator = reinterpret_cast<const void*>(real::malloc);
  if (function == nullptr || object_of(function) != object_of(allocator)) return false;
  uint64_t block = 0;
  uint64_t first = 16;
  if (strcmp(name, "realloc") == 0) first = 0;
  if (strcmp(name, "posix_memalign") == 0) first = reinterpret_cast<uint64_t>(&block);
  return comes_to_us(function, first, reinterpret_cast<const void*>(real::free));
}

// The operator delete that belongs to an operator new: _ZdaPvX to _ZnamX.
const void* matching_delete(const char* name) {
  char bytes[64];
  text::Builder(bytes) << "_Zd" << (name[3] == 'w' ? 'l' : 'a') << "Pv" << name + 5;
  return definitions::first(bytes);
}

const void* past_us(const Slot& slot, void*) {
  // Jump slots alone: nobody can tell where those lead. The addresses of these functions stay the
  // same in all objects, also in those that are loaded later.
  if (!slot.is_call) return nullptr;
#define WAY(name) \
  { #name, reinterpret_cast < const void*>(real::name) }
  const struct {
    const char* name;
    const void* next;
  } ways[] = {WAY(malloc),         WAY(free),          WAY(calloc),   WAY(realloc),
              WAY(posix_memalign), WAY(aligned_alloc), WAY(memalign), WAY(malloc_usable_size)};
#undef WAY
  for (const auto& way : ways) {
    if (strcmp(slot.name, way.name) != 0) continue;
    const void* target = slot.target == nullptr ? definitions::first(slot.name) : slot.target;
    return is_ours(target) ? way.next : nullptr;
  }
  return nullptr;
}

bool is_counted_by_itself(const Survey& survey, const char* name, const void* target) {
  if (strncmp(name, "_Znw", 4) == 0 || strncmp(name, "_Zna", 4) == 0) {
    return comes_to_us(target, 16, matching_delete(name));
  }
  return survey.malloc == survey.libc && strcmp(name, "reallocarray") == 0;
}

bool is_to_be_led(const Survey& survey, Group group, const link_map* definer) {
  if (definer == survey.program) return false;
  if (group == Group::kOwn) return true;
  if (definer != survey.malloc) return false;
  return group == Group::kBeside || survey.before_us;
}

const void* to_us(const Slot& slot, void* of) {
  const Survey& survey = *static_cast<const Survey*>(of);
  const EntryPoint* entry = interpose_allocators::find(slot.name);
  if (entry == nullptr) return nullptr;
  const void* target = slot.target == nullptr ? definitions::first(slot.name) : slot.target;
  if (target == nullptr || is_ours(target)) return nullptr;
  const link_map* definer = object_of(target);
  // What an allocator calls in itself is not counted twice.
  if (definer == nullptr || definer == slot.object) return nullptr;
  if (!is_to_be_led(survey, entry->group, definer)) return nullptr;
  auto* const next = reinterpret_cast<interpose_allocators::Call*>(const_cast<void*>(target));
  if (entry->next->is_set()) {
    if (!entry->next->is(next)) return nullptr;
  } else if (is_counted_by_itself(survey, slot.name, target)) {
    return nullptr;
  } else {
    *entry->next = next;
  }
  return reinterpret_cast<const void*>(entry->counting);
}

Survey look() {
  Survey survey{};
  survey.program = loader::initial(0);
  survey.libc = object_of(definitions::first("gnu_get_libc_version"));
  const void* first = definitions::first("malloc");
  survey.malloc = object_of(is_ours(first) ? reinterpret_cast<const void*>(real::malloc) : first);
  if (survey.malloc == nullptr || survey.malloc == survey.libc) return survey;
  if (survey.malloc == survey.program) {
    finding = Finding::kInProgram;
    return survey;
  }
  survey.before_us = !is_ours(first) && !comes_to_us(first, 16, definitions::first("free"));
  if (survey.before_us) finding = Finding::kBeforeUs;
  return survey;
}

}  // namespace

void step_aside() {
  // The next free would be given blocks of the pool.
  if (!real::bootstrap_was_used()) slots::change(past_us, nullptr);
}

void take_over(bool says) {
  loader::start();
  Survey survey = look();
  if (survey.program == nullptr) return;
  if (finding == Finding::kInProgram) {
    if (!says) return;
    logging::Line(logging::Level::kError)
        << "heap: the program has an allocator of its own (it defines malloc): what it allocates "
           "is not seen";
    return;
  }
  if (survey.malloc != nullptr && survey.malloc != survey.libc && !survey.before_us) {
    interpose_malloc::expect_calls_of_its_own(family_comes_to_us);
  }
  slots::change(to_us, &survey);
}

const char* sanitizer_behind_us() {
  loader::start();
  const void* runtime = definitions::first("__asan_init");
  const link_map* map;
  for (unsigned i = 0; (map = loader::initial(i)) != nullptr && runtime != nullptr; i++) {
    if (map == object_of(runtime)) return nullptr;
    if (is_ours(map->l_ld)) return object_of(runtime)->l_name;
  }
  return nullptr;
}

const char* trouble() {
  return finding == Finding::kInProgram
             ? "the program defines malloc itself: what it allocates is not seen"
             : nullptr;
}

const char* circumstance() {
  return finding == Finding::kBeforeUs
             ? "another malloc stands before the profiler's: its calls are followed in the objects "
               "that were there at the start"
             : nullptr;
}

}  // namespace allocators
