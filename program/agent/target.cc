#include "program/agent/target.h"
#include "program/system/output_sentence.h"

#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "tables/recording.h"
#include "tables/written_list.h"

namespace program {
namespace {

using layout::Control;

constexpr uint64_t kSecond = 1000000000;
// Where no other sign comes: how often it is asked whether the process still has its image.
constexpr uint64_t kLook_ns = kSecond;
// A child of a raw fork may keep a dead process's tables: not waited for longer.
constexpr uint64_t kPatience_ns = 2 * kSecond;

uint64_t push_period(const options::Options& options) {
  return options.interval_ns != 0 ? options.interval_ns : 15 * kSecond;
}

TargetFiles::Rules rules(const options::Options& options) {
  const bool periodic = options.interval_ns != 0 && options.push.empty();
  return {periodic, periodic && options.delta, periodic || options.signal != 0};
}

}  // namespace

Target::Target(std::unique_ptr<TargetTables> tables, const options::Options& options,
               NamingService* names, PushQueue* queue, const TargetStderr& err)
    : tables_(std::move(tables)),
      options_(options),
      err_(err),
      rights_(tables_->origin()),
      files_(*tables_, &rights_, options.symbolize == options::Symbolize::kFull ? names : nullptr,
             rules(options)),
      program_(tables_->origin().program()) {
  if (queue == nullptr) return;
  const bool named = options.symbolize == options::Symbolize::kFull;
  pusher_ =
      std::make_unique<Pusher>(*tables_, named ? names : nullptr, *queue, options.labels, program_);
}

Target::~Target() {
  if (thread_.joinable()) thread_.join();
}

void Target::begin(const std::string& greeting, bool greeting_is_error, int over_event) {
  over_event_ = over_event;
  Control& control = tables_->control();
  dumps_seen_ = 0;
  toggles_seen_ = 0;
  // Without a delay the process has begun by itself, and may have been stopped since.
  const uint64_t first_ns = start_ns() + (options_.start ? options_.delay_ns : 0);
  if (options_.start && options_.delay_ns != 0) starts_ns_ = first_ns;
  if (options_.duration_ns != 0 && options_.start) stops_ns_ = first_ns + options_.duration_ns;
  if (options_.interval_ns != 0 && options_.push.empty()) {
    next_file_ns_ = first_ns + options_.interval_ns;
  }
  if (pusher_ != nullptr) next_push_ns_ = monotonic_ns() + push_period(options_);
  strncpy(control.greeting, greeting.c_str(), sizeof control.greeting - 1);
  control.greeting_is_error = greeting_is_error ? 1 : 0;
  control.agent.store(layout::kAgentReady, std::memory_order_release);
  wake(control.agent);
  thread_ = std::thread(&Target::run, this);
}

void Target::owner_died() {
  died_ = true;
  tables_->ask_to_look();
}

void Target::run() {
  for (;;) {
    const uint32_t seen = tables_->control().requests.load(std::memory_order_acquire);
    serve_end();
    serve_requests();
    const uint64_t next_ns = serve_clock();
    if (is_gone() || is_closing()) break;
    wait(seen, next_ns);
  }
  finish();
  over_ = true;
  eventfd_write(over_event_, 1);
}

bool Target::is_closing() const {
  return tables_->control().closing.load(std::memory_order_acquire) == layout::kClosing;
}

bool Target::is_gone() {
  if (died_ && died_ns_ == 0) died_ns_ = monotonic_ns();
  return tables_->is_left() || (died_ && monotonic_ns() > died_ns_ + kPatience_ns);
}

void Target::wait(uint32_t requests_seen, uint64_t until_ns) {
  const uint64_t now = monotonic_ns();
  uint64_t ns = until_ns > now ? std::min(until_ns - now, kLook_ns) : 0;
  if (died_) ns = std::min(ns, kSecond / 100);
  const timespec limit{static_cast<time_t>(ns / kSecond), static_cast<long>(ns % kSecond)};
  syscall(SYS_futex, &tables_->control().requests, FUTEX_WAIT, requests_seen, &limit, nullptr, 0);
}

// The request stays until the next look if it is one too many.
bool Target::may_dump() {
  if (allowance_.take(monotonic_ns())) return true;
  if (!std::exchange(said_too_many_, true)) {
    err_.say(Level::kError, "too many dumps are asked for: from now on one a second is written");
  }
  return false;
}

void Target::serve_end() {
  Control& control = tables_->control();
  // A program that asks too often writes its last file itself.
  if (control.end.load() != layout::kEndAsked || !may_dump()) return;
  uint32_t asked = layout::kEndAsked;
  if (!control.end.compare_exchange_strong(asked, layout::kEndTaken)) return;
  write(false);
  uint32_t taken = layout::kEndTaken;
  control.end.compare_exchange_strong(taken, layout::kEndWritten);
  wake(control.end);
}

void Target::serve_requests() {
  Control& control = tables_->control();
  const uint32_t dumps = control.dumps_wanted.load(std::memory_order_relaxed);
  // Signals that came while a file was being written are one.
  if (dumps != dumps_seen_ && may_dump()) {
    write(true);
    dumps_seen_ = dumps;
  }
  const uint32_t toggles = control.toggles_wanted.load(std::memory_order_relaxed);
  if ((toggles - toggles_seen_) % 2 != 0) tables_->set_recording(!tables_->is_recording());
  toggles_seen_ = toggles;
  const uint32_t wanted = control.state_wanted.exchange(layout::kStateAsIs);
  const uint32_t state = recording::state(tables_->is_recording());
  if (wanted != layout::kStateAsIs && wanted != state) {
    tables_->set_recording(wanted == layout::kStateOn);
  }
}

uint64_t Target::serve_clock() {
  const uint64_t now = monotonic_ns();
  if (starts_ns_ != 0 && now >= starts_ns_) {
    tables_->set_recording(true);
    starts_ns_ = 0;
  }
  if (tables_->is_recording()) recorded_since_file_ = true;
  if (stops_ns_ != 0 && now >= stops_ns_) {
    tables_->set_recording(false);
    stops_ns_ = next_file_ns_ = 0;
    write(false);
    tables_->control().end.store(layout::kEndOver);
  }
  if (next_file_ns_ != 0 && now >= next_file_ns_) {
    if (recorded_since_file_) write(false);
    recorded_since_file_ = tables_->is_recording();
    // The files stay on the beat; one that took longer than a beat is followed by the next.
    while (next_file_ns_ <= now) next_file_ns_ += options_.interval_ns;
  }
  if (next_push_ns_ != 0 && now >= next_push_ns_) {
    pusher_->push();
    while (next_push_ns_ <= now) next_push_ns_ += push_period(options_);
  }
  uint64_t next = UINT64_MAX;
  for (const uint64_t at : {starts_ns_, stops_ns_, next_file_ns_, next_push_ns_}) {
    if (at != 0) next = std::min(next, at);
  }
  return next;
}

void Target::finish() {
  const auto state = tables_->header().state.load(std::memory_order_acquire);
  const uint32_t end = tables_->control().end.load();
  // No process wrote: it was killed, or has a new image that was not announced.
  const bool has_files = state == static_cast<uint32_t>(layout::State::kWritten) ||
                         end == layout::kEndWritten || end == layout::kEndOver;
  if (!tables_->is_left() && !is_closing()) return;
  if (pusher_ != nullptr) pusher_->push();
  // What cannot be written stays for `profiler recover`.
  const char* const kComment = "recovered: the process ended without writing its profile\n";
  if (has_files || write(false, kComment)) tables_->remove();
}

// A line when files cannot be written, and one when they are again. The path in the problem has a
// number that changes.
void Target::tell(const std::string& problem) {
  const size_t cause = problem.rfind(": ");
  const std::string kind = problem.substr(cause == std::string::npos ? 0 : cause);
  if (kind == last_trouble_) return;
  last_trouble_ = kind;
  err_.say(Level::kError, problem.empty() ? "files can be written again" : problem);
}

bool Target::write(bool cumulative, const std::string& comments) {
  std::string problem;
  rights_.look();
  const bool done = files_.write(cumulative, comments, &problem);
  tell(problem);
  for (const WrittenFile& file : files_.written()) {
    spool::enter_in_list_of(tables_->directory(), file.path);
    err_.say(Level::kInfo, file.path + owner_note(file.path) + ": " + std::to_string(file.samples) +
                               " samples; to see them: go tool pprof -http=: " + file.path);
  }
  return done;
}

}  // namespace program
