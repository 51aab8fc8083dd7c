#include "program/agent/meeting.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "program/agent/handed_tables.h"
#include "program/system/clock.h"
#include "tables/spool_name.h"

namespace program {
namespace {

// How long an agent that is ending may hold an address.
constexpr uint64_t kLongest_ns = 5'000'000'000;
constexpr int kPause_us = 10000;

bool is_usable(const std::string& directory) {
  return directory.starts_with('/') && access(directory.c_str(), W_OK | X_OK) == 0;
}

std::vector<std::string> places_for(int tables) {
  std::vector<std::string> places;
  const std::string path = tables >= 0 ? path_of(tables) : "";
  const bool has_name = path.starts_with('/') && !path.starts_with("/memfd:");
  if (has_name) places.push_back(path.substr(0, path.rfind('/')));
  // Tables without a name, and those that found no room where other ones did.
  const char* temporary = getenv("TMPDIR");
  for (const std::string& directory :
       {std::string(spool::kSharedMemory), std::string(temporary == nullptr ? "" : temporary),
        std::string("/tmp")}) {
    if (!is_usable(directory)) continue;
    if (std::find(places.begin(), places.end(), directory) == places.end())
      places.push_back(directory);
    break;
  }
  return places;
}

}  // namespace

Meeting::Meeting(const Handing& handing, const options::Options& options,
                 std::string start_directory)
    : handing_(handing),
      options_(options),
      start_directory_(std::move(start_directory)),
      places_(places_for(handing.tables)) {}

bool Meeting::are_adopted() {
  is_any_ending_ = false;
  if (handing_.tables < 0) return false;
  bool adopted = false;
  for (const std::string& place : places_) {
    const FoundAgents found = find_agents(place);
    is_any_ending_ = is_any_ending_ || found.is_any_ending;
    for (const int agent : found.sockets) {
      const Adopted answer = adopted ? Adopted::kNo : hand_over(agent, handing_);
      adopted = adopted || answer == Adopted::kYes;
      is_any_ending_ = is_any_ending_ || answer == Adopted::kNoAnswer;
      ::close(agent);
    }
  }
  return adopted;
}

void Meeting::open(AgentSocket* socket) const {
  for (const std::string& place : places_) {
    if (socket->open_in(place)) return;
  }
}

// The socket is there before the address is taken: of two agents that start at once, the one that
// finds the address taken finds the other one's socket too. It has none itself while it asks, so
// two never wait for each other.
bool Meeting::settle(AgentSocket* socket, HttpAddress* address) {
  const uint64_t end_ns = monotonic_ns() + kLongest_ns;
  for (unsigned round = 0;; round++) {
    if (are_adopted()) return false;
    open(socket);
    if (options_.http.empty()) return true;
    if (address->listen_at(std::string(options_.http), start_directory_, &problem_)) return true;
    const bool may_become_free = round == 0 || is_any_ending_;
    if (!address->is_taken || !may_become_free || monotonic_ns() > end_ns) return true;
    socket->close();
    usleep(kPause_us);
  }
}

}  // namespace program
