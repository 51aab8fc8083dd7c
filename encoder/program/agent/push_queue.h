// What is to be sent to a Pyroscope server: kept while it does not answer, within bounds, and sent
// by a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "encoder/program/agent/host_stderr.h"

namespace program {

// One profile, as /ingest wants it.
struct Upload {
  std::string name;  // service{label=value,...}
  std::string mode;
  uint64_t from_ns = 0, until_ns = 0;  // CLOCK_REALTIME
  std::string profile;                 // gzip'd
  unsigned doubts = 0;                 // answers "not now" that may mean "not this"
};

// http or https, with user and password in front of the host.
struct PushUrl {
  std::string server;  // https://host:port
  std::string path;    // without a slash at its end
  std::string user, password;

  bool read(const std::string& url);
};

class PushQueue {
 public:
  PushQueue(const std::string& url, const HostStderr& err);
  // Waits for what is left, some seconds at most.
  ~PushQueue();
  PushQueue(const PushQueue&) = delete;
  PushQueue& operator=(const PushQueue&) = delete;

  // The oldest goes where there is no room. Context: any thread.
  void add(Upload upload);

 private:
  enum class Outcome { kDone, kRefused, kLater, kDoubt };

  void run();
  Outcome send(const Upload& upload, std::string* problem) const;
  static Outcome outcome_of(int status, const std::string& answer);
  void tell(Outcome outcome, const std::string& problem);

  PushUrl url_;
  const HostStderr& err_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Upload> waiting_;
  size_t bytes_ = 0, dropped_ = 0;
  bool ending_ = false;
  std::string last_trouble_, last_refusal_;
  std::thread thread_;
};

}  // namespace program
