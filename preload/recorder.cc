#include "preload/recorder.h"

#include <pthread.h>
#include <sys/syscall.h>

#include <atomic>

#include "collectors/core/libunwind_backend.h"
#include "collectors/core/objects.h"
#include "collectors/core/stack_trace.h"
#include "collectors/core/threads.h"
#include "collectors/cpu.h"
#include "collectors/heap.h"
#include "env/output_name.h"
#include "env/safe/arch.h"
#include "env/safe/attributes.h"
#include "env/safe/log.h"
#include "env/safe/real.h"
#include "env/safe/tables.h"
#include "env/safe/text.h"
#include "env/spool.h"
#include "env/tree.h"
#include "preload/allocators.h"
#include "preload/interpose_malloc.h"
#include "preload/memory_facts.h"
#include "preload/profile_writer.h"
#include "preload/symbolizer.h"
#include "preload/tables_setup.h"

namespace {

// Constant-initialised: load() runs before dynamic initialisation would.
constinit RunFacts facts{};
constinit options::Storage texts{};
char template_bytes[output_name::kPathSize];
constinit tables_setup::Modes modes{};
constinit profile_writer::Written written{};
// The process that records; 0: none. A vfork child sees its parent's number here.
std::atomic<int> recording_pid;
// The recording ended before the process, for a seccomp filter.
bool sandboxed;
// The thread that writes the files, 0: none.
std::atomic<int> writer_tid;

bool is_recording_here() {
  const int pid = recording_pid.load(std::memory_order_acquire);
  return pid != 0 && pid == process::current_pid();
}

bool records_heap() {
  for (uint32_t i = 0; i < modes.count; i++) {
    if (modes.collector[i]->start == heap::start) return true;
  }
  return false;
}

void start_collectors() {
  for (uint32_t i = 0; i < modes.count; i++) {
    layout::ModeEntry& entry = tables::header().modes[i];
    const bool on = entry.source != i || modes.collector[i]->start(i, facts.options);
    entry.armed.store(on, std::memory_order_relaxed);
  }
}

void stop_collectors() {
  threads::track(false);
  for (uint32_t i = 0; i < modes.count; i++) modes.collector[i]->stop();
}

// The tables, the code and the first thread of this process, then the collectors.
bool begin() {
  if (!tables_setup::open(facts, modes)) return false;
  objects::start();
  if (thread_state.thread == nullptr) {
    Thread* thread = threads::acquire();
    if (thread != nullptr) threads::begin_main(*thread);
  } else {
    threads::begin_again();
  }
  threads::track(true);
  recording_pid.store(facts.process.pid, std::memory_order_release);
  start_collectors();
  return true;
}

void take_notes() {
  char bytes[1024];
  text::Builder notes(bytes);
  for (uint32_t i = 0; i < modes.count; i++) {
    if (modes.collector[i]->note != nullptr) modes.collector[i]->note(notes);
  }
  if (records_heap()) allocators::note(notes);
  if (sandboxed) notes << "ended early: the program installed a seccomp filter\n";
  tables::header().note = tables::text(notes.view());
}

// `last`: the process ends here, and nobody will want the tables again.
void write_files(bool last) {
  take_notes();
  tables::header().end_monotonic_ns.store(process::monotonic_ns(), std::memory_order_relaxed);
  profile_writer::write_all(facts, memory_facts::collect(), written);
  if (last) {
    tables::header().state.store(static_cast<uint32_t>(layout::State::kWritten),
                                 std::memory_order_release);
    spool::remove();
  }
  if (spool::has_ledger()) {
    for (unsigned i = 0; i < written.count; i++) spool::enter_in_ledger(written.file[i].path);
  } else {
    symbolizer::run(facts, written);
  }
}

// Another thread may be ending the process too: it waits, within a bound, for the files. The thread
// that writes may be ended by a handler of the host: it does not wait for itself.
bool take_writing() {
  const int me = static_cast<int>(arch::syscall(SYS_gettid));
  int nobody = 0;
  for (int tries = 0; !writer_tid.compare_exchange_strong(nobody, me, std::memory_order_acq_rel);
       tries++) {
    const timespec pause{0, 1000000};
    if (tries == 2000 || nobody == me) return false;
    nobody = 0;
    arch::syscall(SYS_nanosleep, &pause, 0L);
  }
  return true;
}

void finish() {
  if (!is_recording_here() || !take_writing()) return;
  Guard guard;
  // Asked again: whoever had the writing before may have ended the recording.
  if (recording_pid.load(std::memory_order_acquire) != 0) {
    stop_collectors();
    write_files(true);
    recording_pid.store(0, std::memory_order_release);
  }
  writer_tid.store(0, std::memory_order_release);
}

// In the child of fork, where this is the only thread. It begins with nothing of its parent's; a
// child that is not to be profiled forgets the tables and costs nothing from here on.
void forked() {
  if (recording_pid.load(std::memory_order_acquire) == 0) return;
  Guard guard;
  spool::forget();
  tables_setup::leave_to_parent();
  writer_tid.store(0, std::memory_order_relaxed);
  recording_pid.store(0, std::memory_order_relaxed);
  threads::forget_others();
  stack_trace::free_buffers_of_others();
  heap::forget_blocks();
  process::renew(facts.process);
  facts.first_process = false;
  facts.forked = true;
  if (!facts.options.children || !begin()) stop_collectors();
}

void say(void*, std::string_view line) {
  // Asked for only now: a process that has nothing to say does not look at its parent.
  if (tree::parent_is_profiled(static_cast<int>(arch::syscall(SYS_getppid)))) return;
  logging::Line(logging::Level::kError) << line;
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

bool read_environment(int argc, char** argv, char** environment) {
  if (!process::may_obey_environment() || !is_configured(environment)) return false;
  logging::remember_stderr();
  const bool terminal = logging::stderr_is_terminal();
  facts.options = options::parse(environment, terminal, texts, {say, nullptr});
  logging::set_level(facts.options.log);
  if (facts.options.help) options::write_help(terminal, {write_help, nullptr});
  modes = tables_setup::asked_for(facts.options);
  if (modes.count == 0) return false;
  process::read_facts(argc, argv, facts.process);
  facts.first_process = !tree::parent_is_profiled(facts.process.parent_pid);
  facts.output_template = output_name::bind_environment(
      facts.options.output, {environment_value, environment}, template_bytes);
  return facts.first_process || facts.options.children;
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

void start_recording() {
  stack_trace::set_depth(static_cast<unsigned>(facts.options.stack_depth));
  if (facts.options.unwinder == options::Unwinder::kLibunwind && !libunwind_backend::load()) {
    say(nullptr,
        "PROFILER_UNWINDER=libunwind: libunwind.so.8 is not installed; using our own tables");
  }
  pthread_atfork(nullptr, nullptr, forked);
  symbolizer::find_library();
  if (begin()) memory_facts::prepare();
}

__attribute__((constructor)) void load(int argc, char** argv, char** environment) {
  Guard guard;
  interpose_malloc::settle_now();
  const bool records = read_environment(argc, argv, environment);
  if (records) {
    warn_of_sanitizer(environment);
    start_recording();
  }
  // An auditor is told of every binding, and sees calls go by.
  const bool audited = !environment_value(environment, "LD_AUDIT").empty();
  if (records && records_heap()) {
    allocators::take_over(facts.first_process);
  } else if (!audited) {
    allocators::step_aside();
  }
}

__attribute__((destructor)) void unload() {
  finish();
}

}  // namespace

namespace recorder {

void process_ending() {
  finish();
}

void sandbox_coming() {
  if (is_recording_here()) sandboxed = true;
  finish();
}

bool image_ending() {
  if (!is_recording_here() || !take_writing()) return false;
  Guard guard;
  // Between fork and exec there is mostly nothing, and nobody wants a file of it.
  const bool worth_a_file = !facts.forked || profile_writer::has_samples();
  // Timers must not reach the next image; allocations are counted on, in case there is none.
  for (uint32_t i = 0; i < modes.count; i++) modes.collector[i]->stop();
  written.count = 0;
  if (worth_a_file) write_files(false);
  return true;
}

void image_stays() {
  Guard guard;
  for (unsigned i = 0; i < written.count; i++) arch::syscall(SYS_unlink, written.file[i].path);
  tables::header().end_monotonic_ns.store(0, std::memory_order_relaxed);
  threads::track(true);
  start_collectors();
  writer_tid.store(0, std::memory_order_release);
}

}  // namespace recorder
