// What is to be sent to a Pyroscope server: kept while it does not answer, within bounds, and sent
// by a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "program/agent/target/target_stderr.h"
#include "program/system/http_exchange.h"

namespace program {

// One profile, as /ingest wants it.
struct Upload {
  std::string name;  // service{label=value,...}
  std::string mode;
  uint64_t from_ns = 0, until_ns = 0;  // CLOCK_REALTIME
  std::string profile;                 // gzip'd
  unsigned doubts = 0;                 // answers "not now" that may mean "not this"
};

class PushQueue {
 public:
  PushQueue(const std::string& url, const TargetStderr& err);
  // Waits for what is left, some seconds at most.
  ~PushQueue();
  PushQueue(const PushQueue&) = delete;
  PushQueue& operator=(const PushQueue&) = delete;

  // The oldest goes where there is no room. Context: any thread.
  void add(Upload upload);
  // Until all is sent, within the limit. Context: any thread.
  void wait_until_sent(uint64_t limit_ns);

 private:
  enum class Outcome { kDone, kRefused, kLater, kDoubt };

  void run();
  Outcome send(const Upload& upload, std::string* problem);
  static Outcome outcome_of(int status, const std::string& answer);
  void tell(Outcome outcome, const std::string& problem);

  HttpUrl url_;
  const TargetStderr& err_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Upload> waiting_;
  size_t bytes_ = 0, dropped_ = 0;
  bool ending_ = false, is_sending_ = false;
  std::chrono::steady_clock::time_point last_moment_ = std::chrono::steady_clock::time_point::max();
  std::string last_trouble_, last_refusal_;
  std::thread thread_;
};

}  // namespace program
