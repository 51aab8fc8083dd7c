// The processes that run under the profiler, from the first one down: found by their tables, which
// stand where the first one's do, or handed over.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "program/agent/agent_socket.h"
#include "program/agent/handed_over.h"
#include "program/agent/http/http_address.h"
#include "program/agent/late_tables.h"
#include "program/agent/members.h"
#include "program/agent/tables_directories.h"
#include "program/agent/target.h"

namespace program {

class Tree {
 public:
  // `variables`: the PROFILER_ variables of the first process.
  Tree(int root_pid, const options::Options& options, std::string variables, NamingService* names,
       PushQueue* queue, const TargetStderr& err);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // What each process says at its start. `address`: null where none is served.
  void set_greeting(const HttpAddress* address, const std::string& problem);
  // The first process's own tables, which the descriptor is of. False: another agent has them.
  // Context: before run.
  bool adopt(int tables, int origin);
  // Until the first process and all others are gone. Answers agents that ask by `socket`.
  void run(AgentSocket* socket);

  // The process of that number, 0: the first one; null if there is none (any more). Context: any
  // thread.
  std::shared_ptr<Target> find(int pid);
  std::vector<std::shared_ptr<Target>> hosts();
  bool first_process_lives() const;

 private:
  struct Watched {
    std::unique_ptr<TargetStderr> err;  // or the first process's
    std::shared_ptr<Target> host;
    int process = -1;  // a pidfd
  };
  // Between two of its images a process has no tables.
  struct Between {
    int process;
    uint64_t until_ns;
  };
  enum class Added { kYes, kTaken, kUnreadable };

  Added add_handed(int tables, int origin, bool is_of_tree);
  bool add(std::unique_ptr<TargetTables> tables, bool is_of_tree);
  std::string greeting_for(int pid) const;
  bool serves(const Handing& handing) const;
  void answer(Handed handed);
  void look_at(const TablesName& name);
  void look_around();
  void forget_all_but(const std::vector<TablesName>& names);
  bool is_member(const TargetTables& tables) const;
  bool is_over();
  void wait(const AgentSocket& socket);
  int wait_limit_ms(bool is_any_ending) const;
  void let_go_of_the_dead();
  void answer_closing();

  int root_pid_;
  int root_process_;
  int over_event_;  // a host has nothing left to do
  const options::Options& options_;
  std::string variables_;
  NamingService* names_;
  PushQueue* queue_;
  const TargetStderr& err_;
  const HttpAddress* address_ = nullptr;
  std::string problem_;
  TablesDirectories directories_;
  HandedOver handed_over_;
  Members members_;
  LateTables late_;
  std::set<std::string> refused_, known_;  // paths of tables of others, and of ours
  std::vector<Between> between_;
  std::vector<std::shared_ptr<Target>> closing_;  // their processes wait for what is left to do
  uint64_t over_since_ns_ = 0;
  bool is_superseded_ = false;  // another agent serves the image that the first process has now
  std::mutex mutex_;
  std::vector<Watched> hosts_;
};

}  // namespace program
