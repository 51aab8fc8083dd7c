// Tables without a name (PROFILER_SPOOL=none): each process hands its own over, as a descriptor.
#pragma once

#include <poll.h>

#include <cstdint>
#include <vector>

namespace program {

// The other side: to the agent that the socket is connected with. False: it is gone.
bool hand_over(int socket, int descriptor);

class HandedOver {
 public:
  HandedOver() = default;
  ~HandedOver();
  HandedOver(const HandedOver&) = delete;
  HandedOver& operator=(const HandedOver&) = delete;

  // Somebody is at the door, who may take a while to speak.
  void let_in(int control_socket);
  bool is_anybody_there() const { return !clients_.empty(); }
  void add_to(std::vector<pollfd>* watched) const;
  // The descriptors that have come, which are the caller's.
  std::vector<int> take();

 private:
  struct Client {
    int socket;
    uint64_t since_ns;
  };
  std::vector<Client> clients_;
};

}  // namespace program
