// Whether a new agent is needed: what it settles with the agents that are there before it begins.
#pragma once

#include <string>
#include <vector>

#include "env/options.h"
#include "program/agent/agent_socket.h"
#include "program/agent/handed_over.h"
#include "program/agent/http/http_address.h"

namespace program {

class Meeting {
 public:
  // `start_directory`: what a relative path in PROFILER_HTTP begins at.
  Meeting(const Handing& handing, const options::Options& options, std::string start_directory);

  // False: another agent has adopted the tables. Else this one can be found by *socket and listens
  // at *address, where that can be had. Context: before there are threads.
  bool settle(AgentSocket* socket, HttpAddress* address);
  // Why nothing listens at the address that was asked for.
  const std::string& problem() const { return problem_; }

 private:
  // True once an agent has the tables. Notes whether one is ending.
  bool are_adopted();
  void open(AgentSocket* socket) const;

  const Handing& handing_;
  const options::Options& options_;
  std::string start_directory_, problem_;
  std::vector<std::string> places_;  // the tables' own directory first
  bool is_any_ending_ = false;
};

}  // namespace program
