// A process that starts an agent while another one may serve it already: the new agent asks, and
// hands the tables over as descriptors. Both ends are agents of one user, checked by SO_PEERCRED.
#pragma once

#include <poll.h>

#include <cstdint>
#include <string>
#include <vector>

namespace program {

struct Handing {
  int pid = 0;          // the process that started the new agent
  std::string options;  // its PROFILER_ variables, sorted
  int tables = -1;
  int origin = -1;  // -1: beside the tables' file
};

// What the environment says to the profiler, so that two of them can be compared.
std::string profiler_variables(const char* const* environment);

enum class Adopted { kYes, kNo, kNoAnswer };

// Asks the agent that the socket is connected with. After kYes the tables are its alone; after
// anything else it does not touch them.
Adopted hand_over(int socket, const Handing& handing);

// One that has been received. It is answered once; its descriptors are the caller's.
class Handed {
 public:
  Handed(int socket, Handing handing) : socket_(socket), handing_(std::move(handing)) {}

  const Handing& handing() const { return handing_; }
  // False: the other side has given up and keeps its tables.
  bool accept();
  void refuse();

 private:
  int socket_;
  Handing handing_;
};

class HandedOver {
 public:
  HandedOver() = default;
  ~HandedOver();
  HandedOver(const HandedOver&) = delete;
  HandedOver& operator=(const HandedOver&) = delete;

  // A client that may take a while to speak.
  void let_in(int control_socket);
  bool is_any_there() const { return !clients_.empty(); }
  void add_to(std::vector<pollfd>* watched) const;
  // Those that have spoken.
  std::vector<Handed> take();

 private:
  struct Client {
    int socket;
    uint64_t since_ns;
  };
  std::vector<Client> clients_;
};

}  // namespace program
