#include "program/agent/push/push_queue.h"

#include <algorithm>
#include <chrono>

#include "program/agent/push/sample_type_config.h"

namespace program {
namespace {

constexpr size_t kMostBytes = size_t{32} << 20;
constexpr size_t kMostUploads = 512;
constexpr auto kFirstPause = std::chrono::milliseconds(500);
constexpr auto kLongestPause = std::chrono::seconds(30);
constexpr auto kLastWait = std::chrono::seconds(5);
// So many answers that may be about the profile or about the moment: a minute of them.
constexpr unsigned kMostDoubts = 8;

// What a server says goes to the host's terminal: only what cannot control it.
std::string first_line(const std::string& body) {
  std::string line = body.substr(0, std::min<size_t>(body.find('\n'), 160));
  for (char& c : line) {
    if (c < ' ' || c > '~') c = '?';
  }
  return line;
}

}  // namespace

PushQueue::PushQueue(const std::string& url, const TargetStderr& err) : err_(err) {
  if (url_.read(url)) {
    thread_ = std::thread(&PushQueue::run, this);
  } else {
    err_.say(Level::kError, "PROFILER_PUSH: the URL cannot be read; nothing is sent");
  }
}

PushQueue::~PushQueue() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    last_moment_ = std::chrono::steady_clock::now() + kLastWait;
  }
  changed_.notify_all();
  thread_.join();
}

void PushQueue::add(Upload upload) {
  const std::lock_guard lock(mutex_);
  bytes_ += upload.profile.size();
  waiting_.push_back(std::move(upload));
  while (waiting_.size() > 1 && (bytes_ > kMostBytes || waiting_.size() > kMostUploads)) {
    bytes_ -= waiting_.front().profile.size();
    waiting_.pop_front();
    dropped_++;
  }
  changed_.notify_all();
}

void PushQueue::wait_until_sent(uint64_t limit_ns) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::nanoseconds(limit_ns),
                    [this] { return waiting_.empty() && !is_sending_; });
}

void PushQueue::run() {
  std::unique_lock lock(mutex_);
  std::chrono::milliseconds pause = kFirstPause;
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Upload upload = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= upload.profile.size();
    is_sending_ = true;
    lock.unlock();
    std::string problem;
    const Outcome outcome = send(upload, &problem);
    tell(outcome, problem);
    lock.lock();
    is_sending_ = false;
    changed_.notify_all();
    if (outcome == Outcome::kDoubt) upload.doubts++;
    const bool is_refused = outcome == Outcome::kRefused || upload.doubts >= kMostDoubts;
    if (is_refused) dropped_++;
    if (is_refused || outcome == Outcome::kDone) {
      pause = kFirstPause;
      continue;
    }
    bytes_ += upload.profile.size();
    waiting_.push_front(std::move(upload));
    if (std::chrono::steady_clock::now() >= last_moment_) return;
    changed_.wait_for(lock, ending_ ? std::min(pause, kFirstPause) : pause,
                      [this, before = ending_] { return ending_ != before; });
    pause = std::min<std::chrono::milliseconds>(2 * pause, kLongestPause);
  }
}

PushQueue::Outcome PushQueue::send(const Upload& upload, std::string* problem) {
  HttpExchange wanted;
  wanted.url = url_.below("/ingest", {{"name", upload.name},
                                      {"from", std::to_string(upload.from_ns)},
                                      {"until", std::to_string(upload.until_ns)},
                                      {"spyName", "libprofiler"},
                                      {"sampleRate", "100"}});
  wanted.user = url_.user;
  wanted.password = url_.password;
  wanted.parts = {{"profile", "profile.pprof", "application/octet-stream", &upload.profile}};
  const std::string config = sample_type_config(upload.mode);
  if (!config.empty()) {
    wanted.parts.push_back(
        {"sample_type_config", "sample_type_config.json", "application/json", &config});
  }
  wanted.is_over = [this] {
    const std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::now() >= last_moment_;
  };
  const HttpResult result = exchange(wanted);
  if (result.status == 0) {
    *problem = "no answer (" + result.problem + ")";
    return Outcome::kLater;
  }
  const Outcome outcome = outcome_of(result.status, result.body);
  if (outcome == Outcome::kDone) return outcome;
  *problem = "the server answers " + std::to_string(result.status) + ": " + first_line(result.body);
  return outcome;
}

// Pyroscope's /ingest says 422 of all that goes wrong behind it: of a profile that breaks a rule,
// which its message then calls an invalid argument, but also of a limited rate and of its own end.
PushQueue::Outcome PushQueue::outcome_of(int status, const std::string& answer) {
  if (status == 200) return Outcome::kDone;
  if (status >= 500) return Outcome::kLater;
  if (status == 408 || status == 429) return Outcome::kDoubt;
  const bool is_doubtful = status == 422 && answer.find("invalid_argument") == std::string::npos;
  return is_doubtful ? Outcome::kDoubt : Outcome::kRefused;
}

// A line when something goes wrong, and one when it goes well again; of what is refused one for
// each status, whatever else is taken meanwhile. A server may word each of its answers otherwise.
void PushQueue::tell(Outcome outcome, const std::string& problem) {
  const std::string about = "PROFILER_PUSH to " + url_.server + ": ";
  const std::string kind = problem.substr(0, problem.find(':'));
  std::string& last = outcome == Outcome::kRefused ? last_refusal_ : last_trouble_;
  if (kind == last) return;
  last = kind;
  if (!problem.empty()) {
    err_.say(Level::kError, about + problem);
    return;
  }
  size_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    std::swap(dropped, dropped_);
  }
  err_.say(Level::kInfo, about + "it takes profiles again, " + std::to_string(dropped) +
                             " were dropped meanwhile");
}

}  // namespace program
