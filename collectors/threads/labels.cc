#include "collectors/threads/labels.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

#include "collectors/threads/threads.h"
#include "env/sys/arch.h"
#include "env/sys/frames.h"
#include "env/sys/text.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace {

constexpr size_t kPage = 4096;

// One label after the other: the lengths of key and value, a byte each, then both.
struct LabelBytes {
  uint32_t count, used;
  char bytes[(kPage - 512) / 2];
};

struct OneLabel {
  std::string_view key, value;
};

// Calls visit(label) for each. Bounded by the bytes there are: another thread may read a set that
// is being written again.
template <typename Visit>
void each(const LabelBytes& set, Visit visit) {
  const char* at = set.bytes;
  const char* const end = set.bytes + sizeof set.bytes;
  for (uint32_t i = 0; i < set.count && i < labels::kMost && end - at >= 2; i++) {
    const size_t key = static_cast<uint8_t>(at[0]), value = static_cast<uint8_t>(at[1]);
    if (2 + key + value > static_cast<size_t>(end - at)) return;
    visit(OneLabel{{at + 2, key}, {at + 2 + key, value}});
    at += 2 + key + value;
  }
}

bool append(LabelBytes& to, const OneLabel& label) {
  const size_t size = 2 + label.key.size() + label.value.size();
  if (to.count == labels::kMost || size > sizeof to.bytes - to.used) return false;
  char* at = to.bytes + to.used;
  at[0] = static_cast<char>(label.key.size());
  at[1] = static_cast<char>(label.value.size());
  __builtin_memcpy(at + 2, label.key.data(), label.key.size());
  __builtin_memcpy(at + 2 + label.key.size(), label.value.data(), label.value.size());
  to.used += static_cast<uint32_t>(size);
  to.count++;
  return true;
}

}  // namespace

struct HostLabels {
  std::atomic<uint32_t> in_use;  // index into sets
  frames::Hold changing;
  std::atomic<uint32_t> changes;  // begun so far
  // Where a set is put together for the tables, off the host's stack. A handler that interrupts
  // that writes the same.
  layout::Label entry[labels::kMost + 2];
  LabelBytes sets[2];
  const LabelBytes& now() const { return sets[in_use.load(std::memory_order_acquire) & 1]; }
};
static_assert(sizeof(HostLabels) <= kPage);

namespace labels {

namespace {

std::atomic<uint32_t> numbered;

// The profiler's own, as for PROFILER_LABELS (env/labels.h).
bool is_reserved(std::string_view key) {
  for (const std::string_view own : {"thread", "tid", "bytes"}) {
    if (key == own) return true;
  }
  return text::starts_with(key, "pprof::");
}

HostLabels* page_of(Thread& thread) {
  HostLabels* page = thread.host.load(std::memory_order_acquire);
  if (page != nullptr) return page;
  const long memory = arch::syscall(SYS_mmap, 0L, kPage, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  if (arch::is_error(memory)) return nullptr;
  page = reinterpret_cast<HostLabels*>(memory);
  thread.host.store(page, std::memory_order_release);
  return page;
}

void forget_entries(Thread& thread) {
  thread.labels.store(0, std::memory_order_relaxed);
  thread.host_labels.store(0, std::memory_order_relaxed);
}

// Copies the set in use but for `key` (empty: all) into the other, and what `more` says behind it.
int replace(Thread& thread, std::string_view key, const OneLabel* more) {
  HostLabels* page = page_of(thread);
  if (page == nullptr) return ENOMEM;
  const auto here = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  // In a handler that interrupted a change.
  if (page->changing.take(threads::own_number(), here) == frames::Hold::Taken::kNot) return EBUSY;
  const uint32_t other = 1 - (page->in_use.load(std::memory_order_relaxed) & 1);
  const LabelBytes& from = page->now();
  LabelBytes& to = page->sets[other];
  page->changes.fetch_add(1, std::memory_order_seq_cst);  // pairs with of
  to.count = to.used = 0;
  each(from, [&](const OneLabel& label) {
    if (!key.empty() && label.key != key) append(to, label);
  });
  const bool fits = more == nullptr || append(to, *more);
  if (fits) {
    page->in_use.store(other, std::memory_order_release);
    forget_entries(thread);
  }
  page->changing.let_go();
  return fits ? 0 : ENOSPC;
}

// The calling thread, if its labels are of use; else what to answer.
Thread* thread_here(int* answer) {
  Thread* thread = thread_state.thread;
  *answer = thread == nullptr && threads::are_tracked() ? ENOTSUP : 0;
  return thread;
}

// Behind the `count` labels in `out`: name and number, 0 for none. Gives how many there are then.
uint32_t add_own(layout::Ref name, int32_t tid, layout::Label* out, uint32_t count) {
  layout::Label own[2] = {};
  own[0].text = name;
  own[0].key = name == 0 ? 0 : tables::text("thread");
  own[1].number = tid;
  own[1].key = tid == 0 ? 0 : tables::text("tid");
  for (const layout::Label& each : own) {
    if (each.key != 0) out[count++] = each;
  }
  return count;
}

// The host's labels come first, so that both sets of one thread begin alike.
enum class Own { kNone, kName, kNameAndNumber };
uint32_t gather(const Thread& thread, Own own, layout::Label* out) {
  uint32_t count = 0;
  if (const HostLabels* page = thread.host.load(std::memory_order_acquire)) {
    each(page->now(), [&](const OneLabel& label) {
      out[count].key = tables::text(label.key);
      out[count].text = tables::text(label.value);
      if (out[count].key != 0 && out[count].text != 0) count++;
    });
  }
  if (own == Own::kNone) return count;
  const bool has_number = own == Own::kNameAndNumber && thread.is_numbered;
  const int32_t tid = has_number ? thread.tid.load(std::memory_order_relaxed) : 0;
  return add_own(thread.name.load(std::memory_order_relaxed), tid, out, count);
}

bool has_any(const Thread& thread) {
  const HostLabels* page = thread.host.load(std::memory_order_acquire);
  return page != nullptr && page->now().count != 0;
}

layout::Ref make_entry(const Thread& thread, Own own) {
  HostLabels* page = thread.host.load(std::memory_order_acquire);
  if (page != nullptr) {
    for (layout::Label& label : page->entry) label = {};
    return tables::label_set(page->entry, gather(thread, own, page->entry));
  }
  layout::Label labels[2] = {};
  return tables::label_set(labels, gather(thread, own, labels));
}

}  // namespace

int set(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > kLongest || value.size() > kLongest || is_reserved(key)) {
    return EINVAL;
  }
  if (value.empty()) return clear(key);
  int answer;
  Thread* thread = thread_here(&answer);
  const OneLabel label{key, value};
  return thread == nullptr ? answer : replace(*thread, key, &label);
}

int clear(std::string_view key) {
  int answer;
  Thread* thread = thread_here(&answer);
  if (thread == nullptr || !has_any(*thread)) return answer;
  return replace(*thread, key, nullptr);
}

// Relaxed: the thread itself writes them, or a handler on it. Two writers at once write the same.
layout::Ref here() {
  Thread* thread = thread_state.thread;
  if (thread == nullptr) return 0;
  layout::Ref all = thread->labels.load(std::memory_order_relaxed);
  if (LIKELY(all != 0)) return all;
  all = make_entry(*thread, Own::kNameAndNumber);
  thread->labels.store(all, std::memory_order_relaxed);
  return all;
}

layout::Ref of_host_here() {
  Thread* thread = thread_state.thread;
  if (thread == nullptr || LIKELY(!has_any(*thread))) return 0;
  layout::Ref own = thread->host_labels.load(std::memory_order_relaxed);
  if (LIKELY(own != 0)) return own;
  own = make_entry(*thread, Own::kNone);
  thread->host_labels.store(own, std::memory_order_relaxed);
  return own;
}

// Does not use the thread's own page, where that thread may be doing the same. A set is written
// again only by a change that begins after it was in use: where none began meanwhile, what was read
// is one.
layout::Ref of(const Thread& thread, bool with_number) {
  const layout::Ref known = thread.labels.load(std::memory_order_relaxed);
  if (known != 0 && (with_number || !thread.is_numbered)) return known;
  const HostLabels* page = thread.host.load(std::memory_order_acquire);
  layout::Label entry[kMost + 2] = {};
  for (int tries = 0; tries < 4; tries++) {
    const uint32_t before = page == nullptr ? 0 : page->changes.load(std::memory_order_seq_cst);
    const uint32_t count = gather(thread, with_number ? Own::kNameAndNumber : Own::kName, entry);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (page == nullptr || page->changes.load(std::memory_order_relaxed) == before) {
      return tables::label_set(entry, count);
    }
  }
  return 0;
}

bool take_number() {
  return numbered.load(std::memory_order_relaxed) < kMostNumbered &&
         numbered.fetch_add(1, std::memory_order_relaxed) < kMostNumbered;
}

layout::Ref of_name(layout::Ref name, int32_t tid) {
  layout::Label own[2] = {};
  return tables::label_set(own, add_own(name, tid, own, 0));
}

void begin(Thread& thread) {
  thread.is_numbered = take_number();
  HostLabels* page = thread.host.load(std::memory_order_acquire);
  if (page != nullptr) page->changing.let_go();
}

void named(Thread& thread, layout::Ref name) {
  thread.name.store(name, std::memory_order_relaxed);
  forget_entries(thread);
}

void inherit(Thread& child) {
  const Thread* creator = thread_state.thread;
  const bool any = creator != nullptr && has_any(*creator);
  HostLabels* page = any ? page_of(child) : child.host.load(std::memory_order_relaxed);
  if (page == nullptr) return;
  page->in_use.store(0, std::memory_order_relaxed);
  if (any) {
    page->sets[0] = creator->host.load(std::memory_order_relaxed)->now();
  } else {
    page->sets[0].count = page->sets[0].used = 0;
  }
}

}  // namespace labels
