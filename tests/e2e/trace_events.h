// A written trace as a list of events, read by libprotobuf.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "encoder/perfetto.pb.h"

namespace e2e {

struct TraceEvent {
  int tid = 0;  // 0: of the process
  uint64_t time_ns = 0;
  perfetto::protos::TrackEvent::Type type = {};
  std::string category, name;  // a counter's: its track's
  uint64_t track = 0;
  std::vector<uint64_t> flows, ended_flows;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> stack;  // functions, leaf first
  bool is_sample = false;
  int64_t counter = 0;
};

class TraceEvents {
 public:
  // Reads and checks the file: gzip, protobuf, and that all that is referred to is there (CHECK).
  explicit TraceEvents(const std::string& path);
  // In the order of the file: each thread's in its own.
  const std::vector<TraceEvent>& all() const { return events_; }
  std::vector<const TraceEvent*> named(const std::string& name) const;
  const std::map<int, std::string>& threads() const { return threads_; }
  std::string thread_name(int tid) const { return threads_.at(tid); }

 private:
  std::vector<TraceEvent> events_;
  std::map<int, std::string> threads_;
};

}  // namespace e2e
