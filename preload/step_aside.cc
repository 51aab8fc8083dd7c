#include "preload/step_aside.h"

#include <cstring>

#include "collectors/core/objects.h"
#include "env/safe/real.h"
#include "preload/definitions.h"
#include "preload/slots.h"

namespace step_aside {

namespace {

struct Way {
  const char* name;
  const void* next;
};

struct Ways {
  const Way* list;
  unsigned count;
};

// Jump slots alone: nobody can tell where those lead. The addresses of these functions stay the
// same in all objects, also in those that are loaded later.
const void* past_us(const slots::Slot& slot, void* of) {
  const Ways& ways = *static_cast<const Ways*>(of);
  if (!slot.is_call) return nullptr;
  for (unsigned i = 0; i < ways.count; i++) {
    if (strcmp(slot.name, ways.list[i].name) != 0) continue;
    const void* target = slot.target == nullptr ? definitions::first(slot.name) : slot.target;
    return objects::is_own(reinterpret_cast<uint64_t>(target)) ? ways.list[i].next : nullptr;
  }
  return nullptr;
}

template <unsigned count>
void take(const Way (&list)[count]) {
  Ways ways{list, count};
  slots::change(past_us, &ways);
}

}  // namespace

#define WAY(name) \
  { #name, reinterpret_cast < const void*>(real::name) }

void from_allocations() {
  // The next free would be given blocks of the pool.
  if (real::bootstrap_was_used()) return;
  const Way ways[] = {
      WAY(malloc),         WAY(free),          WAY(calloc),   WAY(realloc),
      WAY(posix_memalign), WAY(aligned_alloc), WAY(memalign), WAY(malloc_usable_size)};
  take(ways);
}

void from_waits() {
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
                      WAY(sem_wait),
                      WAY(mtx_lock),
                      WAY(mtx_timedlock),
                      WAY(mtx_unlock)};
  take(ways);
}

#undef WAY

}  // namespace step_aside
