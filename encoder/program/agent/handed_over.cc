#include "encoder/program/agent/handed_over.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "encoder/program/clock.h"

namespace program {
namespace {

constexpr uint64_t kLongest_ns = 10'000'000'000;
constexpr size_t kMost = 64;

// A descriptor that came with a message; -1: none.
int received_descriptor(const msghdr& message) {
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int fd = -1;
  std::copy_n(CMSG_DATA(header), sizeof fd, reinterpret_cast<unsigned char*>(&fd));
  return fd;
}

// False: nothing has come yet.
bool receive(int socket, int* descriptor) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  const ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  *descriptor = size > 0 ? received_descriptor(message) : -1;
  return size >= 0 || (errno != EAGAIN && errno != EINTR);
}

bool is_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

}  // namespace

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
