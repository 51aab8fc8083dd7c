#include "preload/redirect/libc_threads.h"

#include <string_view>

#include "collectors/cpu/raw_threads.h"
#include "collectors/threads/threads.h"
#include "collectors/timers/tick_signal.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/text.h"
#include "env/sys/thread_state.h"
#include "preload/hooks/next.h"
#include "preload/linkage/got_slots.h"
#include "preload/linkage/symbol_lookup.h"

namespace libc_threads {

namespace {

constinit Next<void(void*)> next_free{nullptr};

NOINLINE COLD void meet() {
  if (!threads::are_tracked()) return;
  const arch::CleanState clean;
  thread_state.is_met = true;
  // libc blocks all signals in a timer's thread.
  tick_signal::unblock_here();
  raw_threads::born(threads::number_of_unknown());
}

void freed_by_libc(void* p) {
  if (UNLIKELY(!thread_state.is_met)) meet();
  next_free(p);
}

// Before glibc 2.34 it was several files.
bool is_of_libc(const link_map& object) {
  const std::string_view path = object.l_name;
  const size_t slash = text::find_last(path, '/');
  const std::string_view name = slash == text::kNowhere ? path : text::part(path, slash + 1);
  return name == "libc.so.6" || name == "librt.so.1" || name == "libanl.so.1";
}

const void* by_way_of_us(const got_slots::Slot& slot, void*) {
  if (std::string_view(slot.name) != "free" || !is_of_libc(*slot.object)) return nullptr;
  const void* target = slot.target == nullptr ? symbol_lookup::first("free") : slot.target;
  auto* const next = reinterpret_cast<void (*)(void*)>(const_cast<void*>(target));
  if (next == nullptr || (next_free.is_set() && !next_free.is(next))) return nullptr;
  next_free = next;
  return reinterpret_cast<const void*>(freed_by_libc);
}

}  // namespace

void watch() {
  got_slots::change(by_way_of_us, nullptr);
}

}  // namespace libc_threads
