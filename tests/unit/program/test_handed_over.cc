#include "encoder/program/agent/handed_over.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using program::HandedOver;

namespace {

// A door without a name in the file system, and those who come to it.
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

}  // namespace

TEST_CASE("who hands its tables over may speak long after it has come, and others before it") {
  const Door door;
  HandedOver handed_over;
  const int slow = door.knock(), quick = door.knock(), silent = door.knock();
  for (int i = 0; i < 3; i++) handed_over.let_in(door.socket_);
  CHECK(handed_over.take().empty());
  REQUIRE(program::hand_over(quick, door.socket_));
  std::vector<int> come = handed_over.take();
  REQUIRE(come.size() == 1);
  close(come[0]);
  // It used to be shown the door after a tenth of a second.
  usleep(200000);
  CHECK(handed_over.take().empty());
  REQUIRE(program::hand_over(slow, door.socket_));
  come = handed_over.take();
  REQUIRE(come.size() == 1);
  close(come[0]);
  CHECK(handed_over.is_anybody_there());
  close(silent);
  CHECK(handed_over.take().empty());
  CHECK_FALSE(handed_over.is_anybody_there());
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
  CHECK_FALSE(handed_over.is_anybody_there());
}
