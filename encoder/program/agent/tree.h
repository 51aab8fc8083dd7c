// The processes that run under the profiler, from the first one down: found by their tables, which
// stand where the first one's do.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "encoder/program/agent/handed_over.h"
#include "encoder/program/agent/host.h"

namespace program {

class Tree {
 public:
  Tree(int root_pid, const options::Options& options, NamingService* names, PushQueue* queue,
       const HostStderr& err);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void set_greeting(const std::string& line, bool is_error);
  // Tables that the first process handed over, if it has any. Context: before run.
  void adopt(int descriptor);
  // Until the first process and all others are gone.
  void run(int control_socket);

  // The process of that number, 0: the first one; null if there is none (any more). Context: any
  // thread.
  std::shared_ptr<Host> find(int pid);
  std::vector<std::shared_ptr<Host>> hosts();
  bool first_process_lives() const;

 private:
  void add(std::unique_ptr<HostTables> tables, bool waits_for_greeting);
  void look_at(const std::string& path, int pid);
  // Of tables that are not filled in yet.
  bool may_still_come(const std::string& path, int pid);
  bool is_any_about_to_come() const;
  void look_around();
  bool is_member(const HostTables& tables) const;
  void wait(int control_socket);
  void let_go_of_the_dead();

  struct Watched {
    std::shared_ptr<Host> host;
    int process = -1;  // a pidfd
  };

  int root_pid_;
  int root_process_;
  int folder_watch_;
  const options::Options& options_;
  NamingService* names_;
  PushQueue* queue_;
  const HostStderr& err_;
  std::string folder_, greeting_;
  bool greeting_is_error_ = false;
  HandedOver handed_over_;
  std::set<int> members_;                 // numbers, also of those that are gone
  std::set<std::string> refused_;         // tables of others
  std::map<std::string, uint64_t> late_;  // since when a file is there without tables
  std::set<std::string> known_;
  std::mutex mutex_;
  std::vector<Watched> hosts_;
};

}  // namespace program
