#include "preload/recorder/recorder.h"

#include <pthread.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>

#include "collectors/cpu.h"
#include "collectors/cpu/ticks.h"
#include "collectors/custom.h"
#include "collectors/fd.h"
#include "collectors/heap.h"
#include "collectors/life/thread.h"
#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/trace.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_trace.h"
#include "env/image_start.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/frames.h"
#include "env/sys/own_process.h"
#include "preload/processes/profiler_program.h"
#include "preload/recorder/agent_link.h"
#include "preload/recorder/dumps.h"
#include "preload/recorder/memory_facts.h"
#include "preload/recorder/profile_writer.h"
#include "preload/recorder/signals_at_end.h"
#include "tables/recording.h"
#include "tables/spool.h"
#include "tables/tables.h"

namespace {

using profile_writer::kEveryMode;
using signals_at_end::Host;

// Written at the start, and by a forked child about itself.
RunFacts* run;
tables_setup::Modes modes;
// The process that records; 0: none. A vfork child sees its parent's number here.
std::atomic<int> recording_pid;
// In daemon(3): the child forked now takes the parent's place.
bool replaced_by_child;
// Of the thread that writes the files.
frames::Hold writing;

bool is_recording_here() {
  const int pid = recording_pid.load(std::memory_order_acquire);
  return pid != 0 && pid == process::current_pid();
}

void start_collectors() {
  for (uint32_t i = 0; i < modes.count; i++) {
    layout::ModeEntry& entry = tables::header().modes[i];
    const bool on = entry.source != i || modes.collector[i]->start(i, run->options);
    entry.absent.store(on ? 0 : 1);
  }
  recording::arm(tables::header());
}

void stop_collectors() {
  threads::track(false);
  for (uint32_t i = 0; i < modes.count; i++) modes.collector[i]->stop();
}

// The tables, the code and the first thread of this process, then the collectors.
bool begin() {
  if (!tables_setup::open(*run, modes)) return false;
  objects::start();
  stack_trace::forget_code();  // what was learnt of code that these tables do not have
  if (thread_state.thread == nullptr) {
    Thread* thread = threads::acquire();
    if (thread != nullptr) threads::begin_main(*thread);
  } else {
    threads::begin_again();
  }
  threads::track(true);
  recording_pid.store(run->process.pid, std::memory_order_release);
  start_collectors();
  tables_setup::publish();
  return true;
}

// Another thread may be ending the process too: it waits, within a bound, for the files. The thread
// that writes may be ended by a handler of the host: it does not wait for itself. Inlined: the
// frame is the caller's, which goes on while it writes.
ALWAYS_INLINE bool take_writing() {
  const int me = static_cast<int>(arch::syscall(SYS_gettid));
  const auto here = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  for (int tries = 0; writing.take(me, here) == frames::Hold::Taken::kNot; tries++) {
    const timespec pause{0, 1000000};
    if (writing.is_held_by(me)) return false;
    if (writing.take_from_ended(me, here)) break;
    if (tries == 2000) return false;
    arch::syscall(SYS_nanosleep, &pause, 0L);
  }
  // A handler may end a forked child that is at its start.
  tables_setup::publish();
  return true;
}

enum class Next { kHost, kItsEnd, kNothing };

void finish(Next next) {
  if (!is_recording_here() || !take_writing()) return;
  signals_at_end::Hold signals(next == Next::kHost ? Host::kGoesOn : Host::kEnds);
  if (next == Next::kNothing) signals.keep();
  Guard guard;
  // Checked again: the thread that wrote before may have ended the recording.
  if (recording_pid.load(std::memory_order_acquire) != 0) {
    dumps::look_once_more(modes, kEveryMode);
    stop_collectors();
    dumps::write_all(*run, modes, true);
    recording_pid.store(0, std::memory_order_release);
  }
  writing.let_go();
}

// What takes the place of this image: another one, or a forked child.
enum class Replacement { kExec, kDaemon };

bool end_image(Replacement by, const char* executed) {
  if (!is_recording_here() || !take_writing()) return false;
  const signals_at_end::Hold signals(Host::kGoesOn);
  Guard guard;
  if (!is_recording_here()) {  // it was ended meanwhile
    writing.let_go();
    return false;
  }
  if (by == Replacement::kExec) trace::executing(0);
  // Between fork and exec there is mostly nothing, and no file of it is wanted.
  const bool worth_a_file = !run->forked || profile_writer::has_samples();
  if (worth_a_file) dumps::look_once_more(modes, kEveryMode);
  // Timers must not reach the next image. Frees are followed on, in case there is none.
  for (uint32_t i = 0; i < modes.count; i++) modes.collector[i]->stop();
  dumps::forget();
  const bool is_whole = !worth_a_file || dumps::write_all(*run, modes, false);
  image_start::leave(tables::header().exec_mark, executed, worth_a_file);
  if (is_whole) tables_setup::set_over(true);
  return true;
}

// In the child of fork, where this is the only thread. It begins with nothing of its parent's; a
// child that is not to be profiled forgets the tables and costs nothing from here on.
void forked() {
  signals_at_end::forked();
  tick_signal::inherit();
  snapshot_on_demand::forget();
  if (recording_pid.load(std::memory_order_acquire) == 0) return;
  Guard guard;
  if (replaced_by_child) spool::remove();
  replaced_by_child = false;
  spool::forget();
  const inherited_sample::Parents parents = tables_setup::leave_to_parent(fd::is_recording());
  fd::inherit_from(parents.base == nullptr ? nullptr : &parents);
  writing.let_go();
  recording_pid.store(0, std::memory_order_relaxed);
  ticks::forget();
  threads::forget_others();
  waits::forget_others();
  thread_state.random = 0;
  const Thread* self = thread_state.thread;
  stack_trace::free_buffers_of_others(self == nullptr ? 0 : self->tid.load());
  heap::forget_blocks();
  cpu::forget_before();
  memory_facts::forget();
  custom::forget();
  process::renew(run->process);
  run->first_process = run->wants_agent = false;
  run->forked = true;
  if (!run->options.children || !begin()) stop_collectors();
  fd::inherit_from(nullptr);
  tables_setup::drop_parents(parents);
}

// fork's own frame lies between this and the host's.
void forking() {
  constexpr uint64_t kOfFork = 256;
  snapshot_on_demand::hold_off(reinterpret_cast<uint64_t>(__builtin_frame_address(0)) + kOfFork);
}

void fork_done() {
  snapshot_on_demand::go_on();
  if (is_recording_here()) trace::forked();
}

// A handler ends a forked child before it records: nothing reads its tables later.
void remove_at_start() {
  const bool is_at_start = recording_pid.load(std::memory_order_acquire) == 0;
  if (is_at_start && !tables_setup::are_published()) spool::remove();
}

__attribute__((destructor)) void unload() {
  finish(Next::kItsEnd);
}

}  // namespace

namespace recorder {

void start(RunFacts& facts, const tables_setup::Modes& asked, const layout::ExecMark& mark) {
  run = &facts;
  modes = asked;
  stack_trace::set_depth(static_cast<unsigned>(run->options.stack_depth));
  pthread_atfork(forking, fork_done, forked);
  profiler_program::find_library();
  if (!begin()) return;
  const image_start::Before before = image_start::look(mark);
  cpu::record_before({before.used_ns, before.is_known, before.loader_ns, before.unsaid_ns});
  memory_facts::prepare();
}

void process_ending() {
  remove_at_start();
  finish(Next::kNothing);
}

void quick_exiting() {
  remove_at_start();
  finish(Next::kItsEnd);
}

void end_begins() {
  if (!heap::is_recording() || !is_recording_here()) return;
  const Guard guard;
  memory_facts::remember();
  heap::end_begins();
}

void exiting() {
  end_begins();
  static std::atomic<int> first;
  if (!is_recording_here()) return;  // a sandbox may forbid the next call
  int none_yet = 0;
  const int me = static_cast<int>(arch::syscall(SYS_gettid));
  if (!first.compare_exchange_strong(none_yet, me) && none_yet != me) finish(Next::kItsEnd);
}

void sandbox_coming(const char* what) {
  if (is_recording_here()) dumps::say_sandboxed(what);
  finish(Next::kHost);
}

int dump(std::string_view mode, const char* path) {
  if (!is_recording_here()) return ESRCH;
  const profile_writer::Wanted wanted{mode.empty() ? kEveryMode : dumps::find_mode(mode), path};
  if (wanted.mode == kEveryMode && (path != nullptr || !mode.empty())) return EINVAL;
  if (!take_writing()) return EBUSY;
  const signals_at_end::Hold signals(Host::kGoesOn);
  const Guard guard;
  int error = ESRCH;
  if (is_recording_here()) {
    dumps::look_once_more(modes, wanted.mode);
    error = dumps::write_now(*run, modes, wanted);
  }
  writing.let_go();
  return error;
}

bool image_ending(const char* executed) {
  return end_image(Replacement::kExec, executed);
}

void image_stays() {
  Guard guard;
  dumps::take_back();
  tables::header().end_monotonic_ns.store(0, std::memory_order_relaxed);
  tables::header().exec_mark.cpu_ns = 0;
  agent_link::goes_on();
  tables_setup::set_over(false);
  threads::track(true);
  start_collectors();
  writing.let_go();
}

bool parting() {
  replaced_by_child = end_image(Replacement::kDaemon, nullptr);
  return replaced_by_child;
}

void parting_failed() {
  if (!replaced_by_child) return;
  replaced_by_child = false;
  image_stays();
}

}  // namespace recorder
