// How agents of one user find each other: each has a socket file beside the tables, of mode 0600
// (docs/decisions/0015-how-agents-are-found.md). A name that another user takes denies nothing:
// names hold 64 random bits, and only this user's sockets are connected with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace program {

// `profiler-agent-PID-0123456789abcdef.socket`
bool read_socket_name(std::string_view name, int* pid);

// True if the process at the other end is this user's. For root that is root alone.
bool is_same_user(int socket);

// This agent's own.
class AgentSocket {
 public:
  AgentSocket() = default;
  ~AgentSocket();
  AgentSocket(const AgentSocket&) = delete;
  AgentSocket& operator=(const AgentSocket&) = delete;

  // False where no file can be made there: then no agent finds this one.
  bool open_in(const std::string& directory);
  // The file stays until close: a new agent sees by it that this one is ending.
  void stop_answering();
  void close();
  int descriptor() const { return socket_; }  // -1: none

 private:
  int directory_ = -1, socket_ = -1;
  std::string name_;
  uint64_t device_ = 0, inode_ = 0;
};

struct FoundAgents {
  std::vector<int> sockets;    // connected, with the peer checked; the caller's
  bool is_any_ending = false;  // one lives but does not answer any more
};

// Removes the sockets of agents that are dead.
FoundAgents find_agents(const std::string& directory);

}  // namespace program
