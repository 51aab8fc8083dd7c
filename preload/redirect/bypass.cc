#include "preload/redirect/bypass.h"

#include <cstring>

#include "collectors/unwind/objects.h"
#include "env/sys/real.h"
#include "preload/hooks/interpose_calls.h"
#include "preload/hooks/interpose_waits.h"
#include "preload/linkage/got_slots.h"
#include "preload/linkage/symbol_lookup.h"

namespace bypass {

namespace {

struct Way {
  const char* name;
  const void* next;
};

// What calls of `name` are to be led to; null: they are none of ours, or stay.
template <unsigned count>
const void* next_in(const Way (&list)[count], const char* name) {
  for (const Way& way : list) {
    if (strcmp(name, way.name) == 0) return way.next;
  }
  return nullptr;
}

#define WAY(name) \
  { #name, reinterpret_cast < const void*>(real::name) }

const void* next_of_allocation(const char* name) {
  const Way ways[] = {
      WAY(malloc),         WAY(free),          WAY(calloc),   WAY(realloc),
      WAY(posix_memalign), WAY(aligned_alloc), WAY(memalign), WAY(malloc_usable_size)};
  return next_in(ways, name);
}

const void* next_of_wait(const char* name) {
  const Way ways[] = {WAY(pthread_mutex_lock),
                      WAY(pthread_mutex_unlock),
                      WAY(pthread_mutex_timedlock),
                      WAY(pthread_mutex_clocklock),
                      WAY(pthread_rwlock_rdlock),
                      WAY(pthread_rwlock_wrlock),
                      WAY(pthread_rwlock_unlock),
                      WAY(pthread_spin_lock),
                      WAY(pthread_spin_unlock),
                      WAY(pthread_once),
                      WAY(pthread_cond_signal),
                      WAY(pthread_cond_broadcast),
                      WAY(sem_post),
                      WAY(sem_wait),
                      WAY(sem_trywait),
                      WAY(mtx_lock),
                      WAY(mtx_timedlock),
                      WAY(mtx_unlock)};
  return next_in(ways, name);
}

#undef WAY

const void* next_of(const Families& families, const char* name) {
  const void* next = nullptr;
  if (families.allocations) next = next_of_allocation(name);
  if (next == nullptr && families.waits) next = next_of_wait(name);
  if (next != nullptr) return next;
  const unsigned unused = (families.blocking_calls ? interpose_calls::kTimed : 0u) |
                          (families.descriptors ? interpose_calls::kCounted : 0u);
  return interpose_calls::next_of(name, unused);
}

// Jump slots alone: a program cannot see where those lead. The addresses of these functions stay
// the same in all objects, also in those that are loaded later.
const void* past_us(const got_slots::Slot& slot, void* of) {
  const Families& families = *static_cast<const Families*>(of);
  const auto is_ours = [](const void* p) { return objects::is_own(reinterpret_cast<uint64_t>(p)); };
  // Most are bound to others, or are no name of ours: nothing is looked up for them.
  if (slot.target != nullptr && !is_ours(slot.target)) return nullptr;
  const void* old_form = interpose_waits::has_old_form(slot.name)
                             ? interpose_waits::old_form_of(slot.name, slot.version())
                             : nullptr;
  if (old_form != nullptr) return old_form;
  if (!slot.is_call) return nullptr;
  const void* next = next_of(families, slot.name);
  if (next == nullptr || slot.target != nullptr) return next;
  return is_ours(symbol_lookup::first(slot.name)) ? next : nullptr;
}

}  // namespace

void from(Families families) {
  // The next free would be given blocks of the pool.
  if (real::bootstrap_was_used()) families.allocations = false;
  got_slots::change(past_us, &families);
}

}  // namespace bypass
