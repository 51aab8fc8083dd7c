#include "encoder/program/agent/push_queue.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>

#include "encoder/program/agent/sample_type_config.h"

namespace program {
namespace {

constexpr size_t kMostBytes = size_t{32} << 20;
constexpr size_t kMostUploads = 512;
constexpr auto kFirstPause = std::chrono::milliseconds(500);
constexpr auto kLongestPause = std::chrono::seconds(30);
constexpr auto kLastWait = std::chrono::seconds(5);
constexpr time_t kConnectTime_s = 5, kAnswerTime_s = 10;

std::string unescaped(const std::string& text) {
  return httplib::detail::decode_url(text, false);
}

// So many answers that may be about the profile or about the moment: a minute of them.
constexpr unsigned kMostDoubts = 8;

std::string first_line(const std::string& body) {
  return body.substr(0, std::min<size_t>(body.find('\n'), 160));
}

}  // namespace

bool PushUrl::read(const std::string& url) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string::npos) return false;
  const std::string scheme = url.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return false;
  const size_t begin = scheme_end + 3;
  const size_t slash = std::min(url.find('/', begin), url.size());
  std::string host = url.substr(begin, slash - begin);
  path = url.substr(slash);
  while (path.ends_with('/')) path.pop_back();
  if (const size_t at = host.rfind('@'); at != std::string::npos) {
    const std::string who = host.substr(0, at);
    const size_t colon = std::min(who.find(':'), who.size());
    user = unescaped(who.substr(0, colon));
    password = unescaped(who.substr(std::min(colon + 1, who.size())));
    host = host.substr(at + 1);
  }
  server = scheme + "://" + host;
  return !host.empty();
}

PushQueue::PushQueue(const std::string& url, const HostStderr& err) : err_(err) {
  if (url_.read(url)) thread_ = std::thread(&PushQueue::run, this);
}

PushQueue::~PushQueue() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
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

void PushQueue::run() {
  std::unique_lock lock(mutex_);
  std::chrono::milliseconds pause = kFirstPause;
  auto last_moment = std::chrono::steady_clock::time_point::max();
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    if (ending_) last_moment = std::min(last_moment, std::chrono::steady_clock::now() + kLastWait);
    Upload upload = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= upload.profile.size();
    lock.unlock();
    std::string problem;
    const Outcome outcome = send(upload, &problem);
    tell(outcome, problem);
    lock.lock();
    if (outcome == Outcome::kDoubt) upload.doubts++;
    const bool is_refused = outcome == Outcome::kRefused || upload.doubts >= kMostDoubts;
    if (is_refused) dropped_++;
    if (is_refused || outcome == Outcome::kDone) {
      pause = kFirstPause;
      continue;
    }
    bytes_ += upload.profile.size();
    waiting_.push_front(std::move(upload));
    if (std::chrono::steady_clock::now() >= last_moment) return;
    changed_.wait_for(lock, ending_ ? std::min(pause, kFirstPause) : pause,
                      [this, before = ending_] { return ending_ != before; });
    pause = std::min<std::chrono::milliseconds>(2 * pause, kLongestPause);
  }
}

PushQueue::Outcome PushQueue::send(const Upload& upload, std::string* problem) const {
  httplib::Client client(url_.server);
  client.set_connection_timeout(kConnectTime_s);
  client.set_read_timeout(kAnswerTime_s);
  client.set_write_timeout(kAnswerTime_s);
  client.set_follow_location(false);
  if (!client.is_valid()) {
    *problem = "the address is not understood";
    return Outcome::kRefused;
  }
  if (!url_.user.empty()) client.set_basic_auth(url_.user.c_str(), url_.password.c_str());
  const httplib::Params query = {{"name", upload.name},
                                 {"from", std::to_string(upload.from_ns)},
                                 {"until", std::to_string(upload.until_ns)},
                                 {"spyName", "libprofiler"},
                                 {"sampleRate", "100"}};
  httplib::MultipartFormDataItems parts = {
      {"profile", upload.profile, "profile.pprof", "application/octet-stream"}};
  const std::string config = sample_type_config(upload.mode);
  if (!config.empty()) {
    parts.push_back({"sample_type_config", config, "sample_type_config.json", "application/json"});
  }
  const std::string path = httplib::append_query_params(url_.path + "/ingest", query);
  const httplib::Result result = client.Post(path.c_str(), parts);
  if (!result) {
    *problem = "no answer (" + httplib::to_string(result.error()) + ")";
    return Outcome::kLater;
  }
  const Outcome outcome = outcome_of(result->status, result->body);
  if (outcome == Outcome::kDone) return outcome;
  *problem =
      "the server answers " + std::to_string(result->status) + ": " + first_line(result->body);
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
