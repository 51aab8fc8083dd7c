// One process of the tree, for as long as it lives and a moment longer: its windows, its requests,
// its files after a kill. Each has a thread, which waits for the process to ask for something.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "env/options.h"
#include "program/agent/push/pusher.h"
#include "program/agent/target/dump_allowance.h"
#include "program/agent/target/target_files.h"
#include "program/agent/target/target_stderr.h"
#include "program/agent/target/target_tables.h"

namespace program {

class Target {
 public:
  // `queue`: null where nothing is pushed.
  Target(std::unique_ptr<TargetTables> tables, const options::Options& options,
         NamingService* names, PushQueue* queue, const TargetStderr& err);
  ~Target();
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  TargetTables& tables() const { return *tables_; }
  const std::string& program() const { return program_; }
  uint64_t start_ns() const { return tables_->header().start_monotonic_ns; }

  // Takes it on; `greeting` is for it to say.
  // `over_event` is written to when nothing is left to do.
  void begin(const std::string& greeting, bool greeting_is_error, int over_event);
  // Its process has ended. Context: any thread.
  void owner_died();
  // Its process waits for the agent's last work before it ends.
  bool is_closing() const;
  // Nothing is left to do: it can be destroyed.
  bool is_over() const { return over_; }

 private:
  void run();
  void serve_end();
  void serve_requests();
  // What is due by the clock; gives when to look again.
  uint64_t serve_clock();
  bool is_gone();
  void wait(uint32_t requests_seen, uint64_t until_ns);
  void finish();
  bool may_dump();
  bool write(bool cumulative, const std::string& comments = "");
  void tell(const std::string& problem);

  std::unique_ptr<TargetTables> tables_;
  options::Options options_;
  const TargetStderr& err_;
  TargetRights rights_;
  TargetFiles files_;
  std::string program_;
  std::unique_ptr<Pusher> pusher_;  // or none
  std::thread thread_;
  std::atomic<bool> died_{false}, over_{false};
  int over_event_ = -1;
  uint64_t died_ns_ = 0;
  uint32_t dumps_seen_ = 0, toggles_seen_ = 0;
  uint64_t starts_ns_ = 0, stops_ns_ = 0, next_file_ns_ = 0, next_push_ns_ = 0;  // 0: not at all
  bool recorded_since_file_ = false, said_too_many_ = false;
  DumpAllowance allowance_;
  std::string last_trouble_;  // with writing files; empty: the last ones were written
};

}  // namespace program
