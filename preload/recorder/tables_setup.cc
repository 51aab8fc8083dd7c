#include "preload/recorder/tables_setup.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "env/labels.h"
#include "env/output_name.h"
#include "env/sys/arch.h"
#include "env/sys/log.h"
#include "env/sys/own_process.h"
#include "env/sys/text.h"
#include "preload/recorder/agent_link.h"
#include "preload/recorder/registry.h"
#include "tables/spool.h"
#include "tables/tables.h"
#include "tables/written_list.h"

namespace tables_setup {

using layout::Header;
using layout::ModeEntry;

namespace {

void copy_name(char (&to)[layout::kNameSize], const char* from) {
  if (from != nullptr) strncpy(to, from, layout::kNameSize - 1);
}

void describe(const Modes& modes, uint32_t index, const options::Options& options) {
  const Collector& c = *modes.collector[index];
  ModeEntry& entry = tables::header().modes[index];
  copy_name(entry.name, c.name);
  options::Mode mode;
  entry.on_demand = options::find_mode(c.name, mode) && options.modes.has(mode) ? 0 : 1;
  entry.source = index;
  for (uint32_t i = 0; i < index; i++) {
    if (modes.collector[i]->start == c.start) entry.source = i;
  }
  entry.value_count = c.value_count;
  for (uint32_t i = 0; i < c.value_count; i++) {
    copy_name(entry.values[i].type, c.values[i].type);
    copy_name(entry.values[i].unit, c.values[i].unit);
  }
  entry.default_value = c.default_value;
  entry.live_from = c.live_from;
  entry.live_kind = c.live_kind;
  copy_name(entry.period_type.type, c.period_type.type);
  copy_name(entry.period_type.unit, c.period_type.unit);
  entry.period = c.period(options);
  entry.detail_kind = c.detail_kind;
  copy_name(entry.detail_key, c.detail_key);
  copy_name(entry.detail_unit, c.detail_unit);
}

// PROFILER_LABELS: on every sample, so kept once.
layout::Ref user_labels(std::string_view given) {
  constexpr uint32_t kMost = 64;
  layout::Label labels[kMost] = {};
  uint32_t count = 0;
  options::LabelList list(given);
  for (options::Label pair; count < kMost && list.next(pair); count++) {
    labels[count].key = tables::text(pair.key);
    labels[count].text = tables::text(pair.value);
  }
  return tables::label_set(labels, count);
}

// The page of tables::alive. Without MADV_WIPEONFORK (before Linux 4.14) fork's handler is all
// there is.
bool make_mark() {
  constexpr int kWipeOnFork = 18;
  constexpr size_t kPage = 4096;
  static std::atomic<uint32_t>* page = nullptr;
  if (page == nullptr) {
    const long at = arch::syscall(SYS_mmap, 0L, kPage, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    if (arch::is_error(at)) return false;
    arch::syscall(SYS_madvise, at, kPage, kWipeOnFork);
    page = reinterpret_cast<std::atomic<uint32_t>*>(at);
  }
  page->store(1, std::memory_order_relaxed);
  tables::alive = page;
  return true;
}

std::atomic<uint64_t>& magic_of(Header& h) {
  return reinterpret_cast<std::atomic<uint64_t>&>(h.magic);
}

void fill(Header& h, const RunFacts& facts, const Modes& modes) {
  h.parent_pid = facts.process.parent_pid;
  h.start_realtime_ns = facts.process.realtime_ns;
  h.start_monotonic_ns = facts.process.monotonic_ns;
  h.exec_mark.birth_ticks = process::birth_ticks();
  h.stack_depth = static_cast<uint32_t>(facts.options.stack_depth);
  h.program = tables::text(facts.process.program);
  h.program_name = tables::text(facts.process.program_name);
  h.command_line = tables::text(facts.options.command_line == options::CommandLine::kFull
                                    ? facts.process.command_line
                                    : facts.process.program_name);
  h.host_name = tables::text(facts.process.host);
  h.start_directory = tables::text(facts.process.start_directory);
  h.user_labels = user_labels(facts.options.labels);
  if (facts.options.start && facts.options.delay_ns == 0) {
    h.control.recording_since_ns.store(h.start_monotonic_ns, std::memory_order_relaxed);
  }
  h.mode_count = modes.count;
  for (uint32_t i = 0; i < modes.count; i++) describe(modes, i, facts.options);
}

void fill(origin::Facts& origin, const RunFacts& facts) {
  origin::read_process(origin);
  origin::Head& head = origin.head;
  head.flags = (facts.first_process ? origin::kFirstProcess : 0) |
               (facts.options.symbolize == options::Symbolize::kNone ? origin::kNoNames : 0);
  head.start_realtime_ns = facts.process.realtime_ns;
  head.start_monotonic_ns = facts.process.monotonic_ns;
  head.file_mode = static_cast<uint32_t>(facts.options.file_mode);
  origin.program_name = facts.process.program_name;
  origin.host_name = facts.process.host;
  origin.start_directory = facts.process.start_directory;
  origin.file_template = facts.origin_template;
}

}  // namespace

Modes asked_for(const options::Options& options) {
  Modes modes{};
  for (size_t i = 0; i < registry::collector_count; i++) {
    options::Mode mode;
    const bool on_demand = !options.http.empty();  // a server arms what it is asked for
    if (options::find_mode(registry::collectors[i]->name, mode) &&
        (options.modes.has(mode) || on_demand) && modes.count < layout::kMaxModes) {
      modes.collector[modes.count++] = registry::collectors[i];
    }
  }
  return modes;
}

bool open(const RunFacts& facts, const Modes& modes) {
  origin::Facts origin{};
  fill(origin, facts);
  const spool::Mapping mapping =
      spool::open({facts.options.spool, facts.process.start_directory, facts.options.memory_bytes,
                   facts.process.pid, facts.wants_agent, &origin});
  constexpr uint64_t kFirstStep = 64 * 1024;
  static_assert(sizeof(Header) + 32 * 1024 < kFirstStep);
  if (mapping.base == nullptr || !tables::populate(mapping.base, mapping.base + kFirstStep)) {
    logging::Line(logging::Level::kError)
        << "no memory for the tables (PROFILER_MEMORY=" << facts.options.memory_bytes
        << "): this process runs unprofiled";
    spool::mark_incomplete();
    return false;
  }
  if (!make_mark()) return false;
  tables::open(mapping.base, mapping.size, kFirstStep, facts.process.pid);
  fill(tables::header(), facts, modes);
  return true;
}

bool are_published() {
  return tables::base != nullptr && magic_of(tables::header()).load(std::memory_order_relaxed) != 0;
}

void publish() {
  if (are_published()) return;
  Header& h = tables::header();
  h.version = layout::kVersion;
  h.header_size = sizeof(Header);
  h.state.store(static_cast<uint32_t>(layout::State::kRecording), std::memory_order_release);
  uint64_t whole;
  __builtin_memcpy(&whole, layout::kMagic, sizeof whole);
  magic_of(h).store(whole,
                    std::memory_order_release);  // last: a reader that finds it finds the rest
}

void set_over(bool over) {
  const layout::State state = over ? layout::State::kWritten : layout::State::kRecording;
  Header& h = tables::header();
  for (ModeEntry& mode : h.modes) mode.written.store(over, std::memory_order_relaxed);
  h.state.store(static_cast<uint32_t>(state), std::memory_order_release);
  spool::mark_as_old(over);
}

inherited_sample::Parents leave_to_parent(bool keep) {
  inherited_sample::Parents parents{};
  if (tables::base == nullptr) return parents;
  char* base = tables::base;
  const uint64_t size = tables::bounds.size;
  tables::base = nullptr;
  const long elsewhere = keep ? arch::syscall(SYS_mmap, 0L, size, PROT_NONE,
                                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L)
                              : -EINVAL;
  const bool kept = !arch::is_error(elsewhere) &&
                    !arch::is_error(arch::syscall(SYS_mremap, base, size, size,
                                                  MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
  arch::syscall(SYS_mmap, base, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0L);
  if (kept) {
    parents = {reinterpret_cast<const char*>(elsewhere), size,
               tables::bounds.committed.load(std::memory_order_relaxed)};
  }
  return parents;
}

void drop_parents(const inherited_sample::Parents& parents) {
  if (parents.base != nullptr) arch::syscall(SYS_munmap, parents.base, parents.size);
}

}  // namespace tables_setup
