// One process's profiles for a fleet store: what is new since the last ones.
#pragma once

#include <string>
#include <string_view>

#include "program/agent/push/push_queue.h"
#include "program/agent/target/row_values.h"
#include "program/agent/target/target_tables.h"
#include "program/symbols/naming_service.h"

namespace program {

class Pusher {
 public:
  // `labels`: PROFILER_LABELS; `program`: the service, where they name none.
  Pusher(TargetTables& tables, NamingService* names, PushQueue& queue, std::string_view labels,
         const std::string& program);

  void push();

 private:
  void push_mode(unsigned mode, uint64_t now_realtime_ns);

  TargetTables& tables_;
  NamingService* names_;
  PushQueue& queue_;
  std::string name_;
  RowValues last_[layout::kMaxModes];
  uint64_t last_ns_, last_realtime_ns_;  // one stretch begins where the one before ends
};

}  // namespace program
