#include "program/agent/target/thread_time_table.h"

#include <map>

#include "program/agent/target/tables_reading.h"
#include "program/agent/target/tasks.h"
#include "program/profiles/profile_bytes.h"

namespace program {
namespace {

// Each is two files to read.
constexpr size_t kMostThreads = 200;

double seconds(uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

nlohmann::json waits_of(const TargetTables& tables, unsigned wall) {
  TablesReading look;
  look.mode = wall;
  look.asks = false;
  std::string bytes, problem;
  Profile profile;
  std::map<std::string, int64_t> by_state;
  if (take(tables, look, &bytes, &problem) && parse_profile(bytes, &profile)) {
    for (const auto& sample : profile.sample()) {
      for (const auto& label : sample.label()) {
        if (text_of(profile, label.key()) == "state") {
          by_state[text_of(profile, label.str())] += sample.value(1);
        }
      }
    }
  }
  nlohmann::json waits = nlohmann::json::object();
  for (const auto& [state, ns] : by_state) {
    if (state != "running" && state != "runnable" && ns > 0) {
      waits[state] = seconds(static_cast<uint64_t>(ns));
    }
  }
  return waits;
}

}  // namespace

nlohmann::json thread_time_table(const TargetTables& tables) {
  nlohmann::json threads = nlohmann::json::array();
  const std::set<int64_t> tids = threads_of(tables.pid());
  for (const int64_t tid : tids) {
    const std::optional<Task> task = task_of(tables.pid(), tid);
    if (!task) continue;
    threads.push_back({{"tid", tid},
                       {"name", task->name},
                       {"state", std::string(1, task->state)},
                       {"life", seconds(task->life_ns)},
                       {"cpu", seconds(task->cpu_ns)},
                       {"runnable", seconds(task->runnable_ns)}});
    if (threads.size() == kMostThreads) break;
  }
  nlohmann::json ledger = {{"threads", threads}, {"count", tids.size()}};
  const int wall = tables.find_mode("wall");
  if (wall >= 0 && tables.is_wanted(static_cast<unsigned>(wall))) {
    ledger["waits"] = waits_of(tables, static_cast<unsigned>(wall));
  }
  return ledger;
}

}  // namespace program
