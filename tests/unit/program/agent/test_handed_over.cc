#include "program/agent/handed_over.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

using program::Adopted;
using program::Handed;
using program::HandedOver;
using program::Handing;

namespace {

// A listening socket without a name in the file system, and its clients.
class Door {
 public:
  Door() : socket_(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&name_), sizeof(sa_family_t)) == 0);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&name_), &size_) == 0);
    REQUIRE(listen(socket_, 100) == 0);
  }
  ~Door() { close(socket_); }
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  int knock() const {
    const int client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    REQUIRE(connect(client, reinterpret_cast<const sockaddr*>(&name_), size_) == 0);
    return client;
  }
  int socket_;

 private:
  sockaddr_un name_{AF_UNIX, {}};
  socklen_t size_ = sizeof name_;
};

// Asks in a thread of its own, since it waits for the answer.
class Asker {
 public:
  Asker(int socket, const Handing& handing)
      : thread_([this, socket, handing] { answer_ = program::hand_over(socket, handing); }) {}
  Adopted answer() {
    thread_.join();
    return answer_;
  }

 private:
  Adopted answer_ = Adopted::kNoAnswer;
  std::thread thread_;
};

std::vector<Handed> taken(HandedOver* handed_over) {
  std::vector<Handed> all;
  for (int i = 0; i < 500 && all.empty(); i++) {
    all = handed_over->take();
    if (all.empty()) usleep(10000);
  }
  return all;
}

Handing handing_of(int descriptor) {
  return {4711, std::string("PROFILER_A=b\0PROFILER_C=d\0", 26), descriptor, -1};
}

}  // namespace

TEST_CASE("tables and origin are handed over, the one that asks gets the answer") {
  const Door door;
  HandedOver handed_over;
  const int yes = door.knock(), no = door.knock();
  for (const bool accepted : {true, false}) {
    handed_over.let_in(door.socket_);
    Handing handing = handing_of(door.socket_);
    handing.origin = 0;
    Asker asker(accepted ? yes : no, handing);
    std::vector<Handed> come = taken(&handed_over);
    REQUIRE(come.size() == 1);
    CHECK(come[0].handing().pid == 4711);
    CHECK(come[0].handing().options == handing.options);
    const int tables = come[0].handing().tables, origin = come[0].handing().origin;
    CHECK((fcntl(tables, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((fcntl(origin, F_GETFD) & FD_CLOEXEC) != 0);
    if (accepted) {
      CHECK(come[0].accept());
      CHECK(close(tables) == 0);
      CHECK(close(origin) == 0);
    } else {
      come[0].refuse();
      CHECK(fcntl(tables, F_GETFD) == -1);
      CHECK(fcntl(origin, F_GETFD) == -1);
    }
    CHECK(asker.answer() == (accepted ? Adopted::kYes : Adopted::kNo));
  }
  close(yes);
  close(no);
}

TEST_CASE("an agent that has not answered in time does not get the tables later") {
  const Door door;
  HandedOver handed_over;
  const int client = door.knock();
  handed_over.let_in(door.socket_);
  CHECK(program::hand_over(client, handing_of(door.socket_)) == Adopted::kNoAnswer);
  std::vector<Handed> come = taken(&handed_over);
  REQUIRE(come.size() == 1);
  CHECK_FALSE(come[0].accept());
  close(client);
}

TEST_CASE("an agent that ends without an answer leaves the tables where they are") {
  const int client = [] {
    const Door door;
    return door.knock();
  }();
  CHECK(program::hand_over(client, handing_of(0)) == Adopted::kNoAnswer);
  close(client);
}

TEST_CASE("what is no handing over is let go, with its descriptors") {
  const Door door;
  HandedOver handed_over;
  for (const std::string text : {"t", "profiler 0.0.0 1\0x", "profiler " PROFILER_VERSION " 0"}) {
    const int client = door.knock();
    handed_over.let_in(door.socket_);
    REQUIRE(send(client, text.data(), text.size(), 0) > 0);
    CHECK(handed_over.take().empty());
    CHECK_FALSE(handed_over.is_any_there());
    close(client);
  }
}

TEST_CASE("a client may speak long after it has come, and others before it") {
  const Door door;
  HandedOver handed_over;
  const int slow = door.knock(), quick = door.knock(), silent = door.knock();
  for (int i = 0; i < 3; i++) handed_over.let_in(door.socket_);
  CHECK(handed_over.take().empty());
  for (const int client : {quick, slow}) {
    Asker asker(client, handing_of(door.socket_));
    std::vector<Handed> come = taken(&handed_over);
    REQUIRE(come.size() == 1);
    come[0].refuse();
    CHECK(asker.answer() == Adopted::kNo);
    usleep(200000);
  }
  CHECK(handed_over.is_any_there());
  close(silent);
  CHECK(handed_over.take().empty());
  CHECK_FALSE(handed_over.is_any_there());
  close(slow);
  close(quick);
}

TEST_CASE("no more clients are kept waiting than there is room for") {
  const Door door;
  HandedOver handed_over;
  std::vector<int> clients;
  for (int i = 0; i < 70; i++) {
    clients.push_back(door.knock());
    handed_over.let_in(door.socket_);
  }
  std::vector<pollfd> watched;
  handed_over.add_to(&watched);
  CHECK(watched.size() == 64);
  for (const int client : clients) close(client);
  handed_over.take();
  CHECK_FALSE(handed_over.is_any_there());
}
