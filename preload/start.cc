// The constructor: what the environment asks for, before any other code of the program runs.
#include <sys/resource.h>
#include <sys/syscall.h>

#include "collectors/timers/tick_signal.h"
#include "collectors/unwind/libunwind_backend.h"
#include "collectors/unwind/loader.h"
#include "collectors/waits/preemption_probe.h"
#include "collectors/waits/waits.h"
#include "env/globs.h"
#include "env/image_start.h"
#include "env/output_directory.h"
#include "env/output_name.h"
#include "env/sys/arch.h"
#include "env/sys/clock.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/log.h"
#include "env/sys/text.h"
#include "env/sys/thread_state.h"
#include "env/tree.h"
#include "preload/hooks/interpose_calls.h"
#include "preload/hooks/interpose_malloc.h"
#include "preload/hooks/interpose_waits.h"
#include "preload/linkage/symbol_lookup.h"
#include "preload/processes/symbolizer.h"
#include "preload/recorder/agent_link.h"
#include "preload/recorder/agent_signals.h"
#include "preload/recorder/recorder.h"
#include "preload/redirect/allocators.h"
#include "preload/redirect/bypass.h"
#include "preload/redirect/libc_threads.h"
#include "tables/spool.h"

namespace {

// Constant-initialised: load() runs before dynamic initialisation would.
constinit RunFacts facts{};
constinit options::Storage texts{};
constinit tables_setup::Modes modes{};
char template_bytes[output_name::kPathSize];
char origin_template_bytes[output_name::kPathSize];

// Looked for once, and only where it matters: a process that records, or has a line to say.
const tree::Above& above(const char* const* environment) {
  constinit static tree::Above found{};
  constinit static bool is_known = false;
  if (!is_known) found = tree::look_above(environment);
  is_known = true;
  return found;
}

bool is_first(const char* const* environment) {
  return !above(environment).is_profiled && !above(environment).is_same_run;
}

void say(void* environment, std::string_view line) {
  if (is_first(static_cast<const char* const*>(environment))) {
    logging::Line(logging::Level::kError) << line;
  }
}

void write_help(void*, std::string_view part) {
  arch::syscall(SYS_write, 2, part.data(), part.size());
}

bool is_configured(const char* const* environment) {
  for (; environment != nullptr && *environment != nullptr; environment++) {
    if (text::starts_with(*environment, options::kPrefix)) return true;
  }
  return false;
}

std::string_view environment_value(void* environment, std::string_view name) {
  for (auto entry = static_cast<const char* const*>(environment); *entry != nullptr; entry++) {
    const std::string_view variable(*entry);
    if (variable.size() > name.size() && variable[name.size()] == '=' &&
        text::starts_with(variable, name)) {
      return text::part(variable, name.size() + 1);
    }
  }
  return {};
}

// PROFILER_ONLY: a program that is left out hands the environment on, and that is all.
bool is_wanted(std::string_view program_name) {
  const std::string_view only = facts.options.only;
  return only.empty() || globs::any_matches(only, program_name);
}

bool read_environment(int argc, char** argv, char** environment) {
  if (!process::may_obey_environment() || !is_configured(environment)) return false;
  image_start::begins();
  logging::remember_stderr();
  const bool terminal = logging::stderr_is_terminal();
  facts.options = options::parse(environment, terminal, texts, {say, environment});
  logging::set_level(facts.options.log);
  if (facts.options.help) options::write_help(terminal, {write_help, nullptr});
  modes = tables_setup::asked_for(facts.options);
  if (modes.count == 0) return false;
  process::read_facts(argc, argv, facts.process);
  facts.first_process = is_first(environment);
  facts.wants_agent = agent_link::is_wanted(facts.options);
  symbolizer::remember_cache(environment);
  facts.output_template = output_name::bind_environment(
      facts.options.output, {environment_value, environment}, template_bytes);
  facts.origin_template = output_directory::resolve(
      facts.output_template, facts.process.start_directory, origin_template_bytes);
  return (facts.first_process || facts.options.children) && is_wanted(facts.process.program_name);
}

void find_clock() {
  loader::start();
  const link_map* map;
  for (unsigned i = 0; (map = loader::initial(i)) != nullptr; i++) {
    const void* function = symbol_lookup::in(*map, "__vdso_clock_gettime");
    if (function != nullptr) return clock_source::use(function);
  }
}

// Said before the runtime ends the program for it.
void warn_of_sanitizer(const char* const* environment) {
  const char* runtime = allocators::sanitizer_behind_us();
  if (runtime == nullptr) return;
  for (; *environment != nullptr; environment++) {
    if (text::find(*environment, "verify_asan_link_order=0") != text::kNowhere) return;
  }
  logging::Line(logging::Level::kError)
      << "this program has AddressSanitizer, whose runtime wants to be first: start it by "
         "`profiler run`, or with LD_PRELOAD="
      << runtime << ":libprofiler.so";
}

void find_restartable_sequences() {
  const void* offset = symbol_lookup::first("__rseq_offset");
  const void* size = symbol_lookup::first("__rseq_size");
  if (offset == nullptr || size == nullptr) return;
  preemption_probe::use(*static_cast<const int64_t*>(offset), *static_cast<const uint32_t*>(size));
}

bool records(std::string_view mode) {
  for (uint32_t i = 0; i < modes.count; i++) {
    if (modes.collector[i]->name == mode) return true;
  }
  return false;
}

// Calls that may wait: to time them, or because a client may ask for all threads while nothing but
// these is ever done.
bool follows_calls() {
  return records("wall") || records("trace") || records("threads");
}

constexpr size_t kStackAtHand = 1024 * 1024;

NOINLINE void touch_stack() {
  volatile char room[kStackAtHand];
  for (size_t at = sizeof room; at >= 4096; at -= 4096) room[at - 4096] = 0;
}

// Valgrind ends a program where a signal's frame is the first to reach a page of the first thread's
// stack: ticks find these pages there.
void extend_stack() {
  rlimit limit{};
  arch::syscall(SYS_prlimit64, 0, RLIMIT_STACK, 0L, &limit);
  if (limit.rlim_cur >= 4 * kStackAtHand) touch_stack();
}

void start_recording(const char* const* environment) {
  if (loader::is_valgrind()) extend_stack();
  warn_of_sanitizer(environment);
  find_clock();
  if (facts.options.unwinder == options::Unwinder::kLibunwind && !libunwind_backend::load()) {
    say(const_cast<char**>(environment),
        "PROFILER_UNWINDER=libunwind: libunwind.so.8 is not installed; using our own tables");
  }
  if (follows_calls()) {
    find_restartable_sequences();
    interpose_calls::follow(interpose_calls::kTimed);
  }
  const layout::ExecMark mark =
      spool::sweep_place(facts.options.spool, facts.process.pid,
                         facts.process.realtime_ns / 1000000000, facts.first_process);
  for (const auto number : {facts.options.signal, facts.options.toggle_signal}) {
    tick_signal::leave(static_cast<int>(number));
  }
  recorder::start(facts, modes, mark);
  if (!facts.wants_agent) return;
  agent_signals::take(facts.options);
  if (spool::is_in(above(environment).watched_directory)) return spool::close_descriptors();
  agent_link::start(facts, environment);
}

__attribute__((constructor)) void load(int argc, char** argv, char** environment) {
  Guard guard;
  interpose_malloc::settle_now();
  loader::start();
  if (read_environment(argc, argv, environment)) {
    start_recording(environment);
  } else {
    modes.count = 0;
  }
  if (records("fd")) interpose_calls::follow(interpose_calls::kCounted);
  // An auditor is notified of every binding and sees calls go by.
  if (!environment_value(environment, "LD_AUDIT").empty()) return;
  const bool counts_blocks = records("heap") || records("allocs");
  if (counts_blocks) allocators::take_over(facts.first_process);
  bypass::from({.allocations = !counts_blocks,
                .waits = !waits::are_followed(),
                .blocking_calls = !follows_calls(),
                .descriptors = !records("fd")});
  if (modes.count != 0) libc_threads::watch();
  if (!waits::are_followed()) return;
  interpose_waits::settle_mutexes();
  interpose_waits::settle_rwlocks();
  interpose_waits::settle_others();
  interpose_waits::settle_c11();
}

}  // namespace
