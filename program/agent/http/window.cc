#include "program/agent/http/window.h"

#include <unistd.h>

#include <algorithm>

#include "program/agent/target/asked_call.h"
#include "program/agent/target/raw_threads.h"
#include "program/agent/target/tables_reading.h"
#include "program/agent/target/tasks.h"
#include "program/profiles/profile_bytes.h"

namespace program {
namespace {

constexpr uint64_t kMillisecond = 1000000;

}  // namespace

Window::Window(TargetTables& tables, Beginnings& beginnings, unsigned mode,
               std::function<bool()> is_over)
    : tables_(tables),
      beginnings_(beginnings),
      mode_(mode),
      is_over_(std::move(is_over)),
      is_wall_(tables.mode_name(mode) == "wall"),
      is_trace_(tables.mode_name(mode) == "trace"),
      begun_ns_(monotonic_ns()) {
  tables_.want(mode_, 1);
  if (!is_trace_ && !is_wall_) before_ = beginnings_.take(tables_, mode_, is_over_);
}

bool Window::wait_until(uint64_t end_ns) const {
  for (uint64_t now; (now = monotonic_ns()) < end_ns;) {
    if (is_over_ && is_over_()) return false;
    const uint64_t left = std::min<uint64_t>(end_ns - now, 50 * kMillisecond);
    usleep(static_cast<useconds_t>(left / 1000 + 1));
  }
  return true;
}

// Calls are timed, and the threads' accounts begin, as soon as one of them comes by: until then all
// are where they were. Where another request had begun them before, what was recorded by then is
// not of this stretch, which begins now.
void Window::begin_times(uint64_t ns) {
  const uint64_t asked_ns = begun_ns_;
  const Patience patience{asked_ns + ns, is_over_};
  const layout::Control& control = tables_.control();
  uint32_t call = tables_.desk().record_times(tables_, asked_ns, patience);
  was_seen_ = call != 0;
  if (!is_wall_) return;
  bool has_begun_them = was_seen_ && control.times_call.load() == call;
  // By an earlier request's call: what came before this stretch is recorded first.
  if (has_begun_them && control.times_since_ns.load() + ns / 8 < asked_ns) {
    call = tables_.desk().record_times(tables_, monotonic_ns(), patience);
    has_begun_them = call == 0;
  }
  if (was_seen_) begun_ns_ = has_begun_them ? control.times_since_ns.load() : monotonic_ns();
  before_ = beginnings_.take(tables_, mode_, is_over_);
}

bool Window::last(uint64_t ns) {
  const uint64_t end_ns = begun_ns_ + ns;
  if (is_wall_ || is_trace_) begin_times(ns);
  if (!has_beginning()) return false;
  if (!wait_until(end_ns)) return false;
  // A client waits for half as long again.
  const uint64_t patience_ns = std::clamp(ns / 4, 250 * kMillisecond, kAnswer_ns);
  if (is_wall_ && was_seen_) {
    const Patience patience{monotonic_ns() + patience_ns, is_over_};
    is_settled_ = tables_.desk().record_times(tables_, begun_ns_, patience) != 0;
  }
  return true;
}

// In a process in which nothing ran: each thread by its name.
void Window::fill_idle(std::string* bytes) const {
  Profile profile;
  if (!parse_profile(*bytes, &profile) || !tables_.is_running()) return;
  const auto ns = static_cast<int64_t>(monotonic_ns() - begun_ns_);
  ProfileEditor editor(&profile);
  add_raw_threads(&profile, editor, tables_.pid(), threads_of(tables_.pid()),
                  {ns / profile.period(), ns}, false);
  profile.add_comment(editor.text("wall: no thread ran that could say where the threads wait"));
  *bytes = pack_profile(profile);
}

bool Window::take(bool tells_end, std::string* bytes, std::string* problem) {
  TablesReading look;
  look.mode = mode_;
  look.since = Since::kReadAll;
  look.before = before_.get();
  look.begun_ns = begun_ns_;
  look.asks = false;
  look.tells_end = tells_end;
  if (is_wall_ && was_seen_ && !is_settled_ && tables_.is_running()) {
    look.comments = "wall: waits that go on are not in it: no thread came by at its end\n";
  }
  if (!program::take(tables_, look, bytes, problem)) return false;
  if (is_wall_ && !was_seen_) fill_idle(bytes);
  return true;
}

}  // namespace program
