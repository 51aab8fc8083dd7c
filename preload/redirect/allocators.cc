#include "preload/redirect/allocators.h"

#include "collectors/unwind/loader.h"
#include "collectors/unwind/objects.h"
#include "preload/hooks/interpose_allocators.h"
#include "preload/hooks/interpose_malloc.h"
#include "preload/linkage/allocator_findings.h"
#include "preload/linkage/got_slots.h"
#include "preload/linkage/symbol_lookup.h"

namespace allocators {

namespace {

using got_slots::Slot;
using interpose_allocators::EntryPoint;
using interpose_allocators::Group;

struct Survey {
  const link_map* program;
  const link_map* libc;
  const link_map* malloc;  // the object whose malloc the host calls, but for ours
  bool before_us;          // it stands before us: what it defines goes past us
};

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

// Where malloc itself calls libc by its second name, ours has counted the block before, unless the
// program's malloc stands first: then it is counted there.
bool may_call_libc(const Survey& survey, const link_map& object) {
  return &object == survey.program || symbol_lookup::in(object, "malloc") == nullptr;
}

bool is_to_be_led(const Survey& survey, Group group, const link_map* definer,
                  const link_map& caller) {
  if (definer == survey.program) return false;
  if (group == Group::kLibc) return definer == survey.libc && may_call_libc(survey, caller);
  if (finding == Finding::kInProgram) return false;
  if (group == Group::kOwn) return true;
  if (definer != survey.malloc) return false;
  return group == Group::kBeside || survey.before_us;
}

const void* to_us(const Slot& slot, void* of) {
  const Survey& survey = *static_cast<const Survey*>(of);
  const EntryPoint* entry = interpose_allocators::find(slot.name);
  if (entry == nullptr) return nullptr;
  const void* target = slot.target == nullptr ? symbol_lookup::first(slot.name) : slot.target;
  if (target == nullptr || is_ours(target)) return nullptr;
  const link_map* definer = object_of(target);
  // What an allocator calls in itself is not counted twice.
  if (definer == nullptr || definer == slot.object) return nullptr;
  if (!is_to_be_led(survey, entry->group, definer, *slot.object)) return nullptr;
  auto* const next = reinterpret_cast<interpose_allocators::Call*>(const_cast<void*>(target));
  if (entry->next->is_set() && !entry->next->is(next)) return nullptr;
  *entry->next = next;
  return reinterpret_cast<const void*>(entry->counting);
}

Survey look() {
  Survey survey{};
  survey.program = loader::initial(0);
  survey.libc = object_of(symbol_lookup::first("gnu_get_libc_version"));
  survey.malloc = object_of(malloc_in_use());
  if (survey.malloc == nullptr || survey.malloc == survey.libc) return survey;
  if (survey.malloc == survey.program) {
    finding = Finding::kInProgram;
    return survey;
  }
  survey.before_us = !is_ours(symbol_lookup::first("malloc"));
  if (survey.before_us) finding = Finding::kBeforeUs;
  return survey;
}

}  // namespace

void take_over(bool says) {
  says_trouble = says;
  loader::start();
  Survey survey = look();
  if (survey.program == nullptr || survey.libc == nullptr) return;
  if (survey.malloc != nullptr && survey.malloc != survey.libc && survey.malloc != survey.program &&
      !survey.before_us) {
    interpose_malloc::expect_calls_of_its_own();
  }
  got_slots::change(to_us, &survey);
}

const char* sanitizer_behind_us() {
  loader::start();
  const void* runtime = symbol_lookup::first("__asan_init");
  const link_map* map;
  for (unsigned i = 0; (map = loader::initial(i)) != nullptr && runtime != nullptr; i++) {
    if (map == object_of(runtime)) return nullptr;
    if (is_ours(map->l_ld)) return object_of(runtime)->l_name;
  }
  return nullptr;
}

}  // namespace allocators
