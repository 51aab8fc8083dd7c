// A run of agent_host that goes on until it is asked to end, and what its agent does.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "tests/e2e/harness.h"

namespace e2e {

class AgentVictim {
 public:
  // `prefix`: words in front of the target, a shell's say.
  explicit AgentVictim(const Environment& more, bool idle = false,
                       const std::vector<std::string>& prefix = {},
                       const std::string& victim = "agent_host");
  ~AgentVictim();
  AgentVictim(const AgentVictim&) = delete;
  AgentVictim& operator=(const AgentVictim&) = delete;

  void send(int signal_number) const;
  // Tells it to end, waits, and gives "exit 7" or "signal 9".
  std::string end();
  std::string wait_for_end();
  std::string killed();
  pid_t pid() const { return pid_; }
  std::string out() const;
  std::string err() const;
  // Waits until there are so many files of that mode; gives them in the order of their numbers.
  std::vector<std::string> files(const std::string& mode, size_t count) const;
  std::vector<std::string> all_files(const std::string& mode) const;
  // The processes of the agent that serves it; and that they have ended, within some seconds.
  std::vector<pid_t> agents() const;
  bool agents_end() const;

  TemporaryDirectory output, spool;

 private:
  TemporaryDirectory own_;
  pid_t pid_ = 0;
};

// The processes of the agents of programs that have their tables there.
std::vector<pid_t> agents_at(const TemporaryDirectory& spool);

// Waits for something that comes by itself, at most that long.
template <typename Condition>
bool comes_true(Condition condition, int limit_ms = 15000);
void sleep_ms(int ms);

template <typename Condition>
bool comes_true(Condition condition, int limit_ms) {
  for (int waited = 0; waited < limit_ms; waited += 10) {
    if (condition()) return true;
    sleep_ms(10);
  }
  return condition();
}

}  // namespace e2e
