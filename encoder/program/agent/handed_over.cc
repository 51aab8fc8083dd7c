#include "encoder/program/agent/handed_over.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "encoder/program/clock.h"

namespace program {
namespace {

constexpr uint64_t kLongest_ns = 10'000'000'000;
constexpr size_t kMost = 64;

// One byte, and room for a descriptor beside it.
struct Message {
  Message() {
    head.msg_iov = &part;
    head.msg_iovlen = 1;
    head.msg_control = space;
    head.msg_controllen = sizeof space;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  char byte = 't';
  iovec part{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr head{};
};

// False: nothing has come yet. The descriptor is -1 where none came with it.
bool receive(int socket, int* descriptor) {
  *descriptor = -1;
  Message message;
  const ssize_t size = recvmsg(socket, &message.head, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0) return errno != EAGAIN && errno != EINTR;
  const cmsghdr* header = size > 0 ? CMSG_FIRSTHDR(&message.head) : nullptr;
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
  }
  return true;
}

bool is_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

}  // namespace

bool hand_over(int socket, int descriptor) {
  Message message;
  cmsghdr* header = CMSG_FIRSTHDR(&message.head);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptor);
  memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return sendmsg(socket, &message.head, MSG_NOSIGNAL) == 1;
}

HandedOver::~HandedOver() {
  for (const Client& client : clients_) close(client.socket);
}

void HandedOver::let_in(int control_socket) {
  const int client = accept4(control_socket, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  if (clients_.size() < kMost && is_same_user(client)) {
    clients_.push_back({client, monotonic_ns()});
  } else {
    close(client);
  }
}

void HandedOver::add_to(std::vector<pollfd>* watched) const {
  for (const Client& client : clients_) watched->push_back({client.socket, POLLIN, 0});
}

std::vector<int> HandedOver::take() {
  std::vector<int> all;
  std::erase_if(clients_, [&](const Client& client) {
    int descriptor = -1;
    const bool has_spoken = receive(client.socket, &descriptor);
    if (descriptor >= 0) all.push_back(descriptor);
    const bool ends = has_spoken || monotonic_ns() - client.since_ns > kLongest_ns;
    if (ends) close(client.socket);
    return ends;
  });
  return all;
}

}  // namespace program
