#include "program/agent/handed_over.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "env/options.h"
#include "env/sys/text.h"
#include "program/agent/agent_socket.h"
#include "program/system/clock.h"

namespace program {
namespace {

constexpr uint64_t kLongest_ns = 10'000'000'000;
constexpr int kAnswerWithin_ms = 2000;
constexpr size_t kMostClients = 64, kMostDescriptors = 2;
constexpr size_t kMostBytes = 64 << 10;
constexpr char kYes = 'y', kNo = 'n';

// Of its own version alone: another one has other tables.
constexpr std::string_view kFront = "profiler " PROFILER_VERSION " ";

// Bytes, and room for descriptors beside them.
struct Message {
  Message(char* bytes, size_t size) : part{bytes, size} {
    head.msg_iov = &part;
    head.msg_iovlen = 1;
    head.msg_control = space;
    head.msg_controllen = sizeof space;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  iovec part;
  alignas(cmsghdr) char space[CMSG_SPACE(kMostDescriptors * sizeof(int))] = {};
  msghdr head{};
};

std::vector<int> descriptors_in(msghdr* head) {
  std::vector<int> all;
  for (cmsghdr* at = CMSG_FIRSTHDR(head); at != nullptr; at = CMSG_NXTHDR(head, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int descriptor = -1;
      memcpy(&descriptor, CMSG_DATA(at) + i * sizeof(int), sizeof descriptor);
      all.push_back(descriptor);
    }
  }
  return all;
}

bool read_handing(std::string_view text, const std::vector<int>& descriptors, Handing* handing) {
  uint64_t pid = 0;
  if (!text.starts_with(kFront) || descriptors.empty()) return false;
  text.remove_prefix(kFront.size());
  if (!text::take_number(text, pid) || pid == 0 || pid > INT32_MAX) return false;
  if (!text.starts_with('\0')) return false;
  handing->pid = static_cast<int>(pid);
  handing->options = text.substr(1);
  handing->tables = descriptors[0];
  if (descriptors.size() > 1) handing->origin = descriptors[1];
  return true;
}

// False: nothing has come yet. No handing: what came is none.
bool receive(int socket, std::optional<Handing>* received) {
  std::vector<char> bytes(kMostBytes);
  Message message(bytes.data(), bytes.size());
  const ssize_t size = recvmsg(socket, &message.head, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0) return errno != EAGAIN && errno != EINTR;
  const std::vector<int> descriptors = descriptors_in(&message.head);
  Handing handing;
  const std::string_view text(bytes.data(), static_cast<size_t>(size));
  const bool is_whole = (message.head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  if (is_whole && read_handing(text, descriptors, &handing)) {
    *received = std::move(handing);
  } else {
    for (const int descriptor : descriptors) close(descriptor);
  }
  return true;
}

}  // namespace

std::string profiler_variables(const char* const* environment) {
  std::vector<std::string> all;
  for (; *environment != nullptr; environment++) {
    if (std::string_view(*environment).starts_with(options::kPrefix))
      all.emplace_back(*environment);
  }
  std::sort(all.begin(), all.end());
  std::string text;
  for (const std::string& variable : all) text += variable + '\0';
  return text;
}

Adopted hand_over(int socket, const Handing& handing) {
  std::string text = std::string(kFront) + std::to_string(handing.pid) + '\0' + handing.options;
  if (text.size() > kMostBytes) return Adopted::kNo;
  Message message(text.data(), text.size());
  cmsghdr* header = CMSG_FIRSTHDR(&message.head);
  const int descriptors[kMostDescriptors] = {handing.tables, handing.origin};
  const size_t count = handing.origin >= 0 ? 2 : 1;
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
  message.head.msg_controllen = CMSG_SPACE(count * sizeof(int));
  if (sendmsg(socket, &message.head, MSG_NOSIGNAL) < 0) return Adopted::kNoAnswer;
  pollfd ready{socket, POLLIN, 0};
  poll(&ready, 1, kAnswerWithin_ms);
  // From here on no answer can come: what is there now is what both sides go by.
  shutdown(socket, SHUT_RD);
  char answer = 0;
  if (recv(socket, &answer, 1, MSG_DONTWAIT) != 1) return Adopted::kNoAnswer;
  return answer == kYes ? Adopted::kYes : Adopted::kNo;
}

bool Handed::accept() {
  const bool is_heard = send(socket_, &kYes, 1, MSG_NOSIGNAL) == 1;
  close(socket_);
  if (!is_heard) {
    close(handing_.tables);
    if (handing_.origin >= 0) close(handing_.origin);
  }
  return is_heard;
}

void Handed::refuse() {
  send(socket_, &kNo, 1, MSG_NOSIGNAL);
  close(socket_);
  close(handing_.tables);
  if (handing_.origin >= 0) close(handing_.origin);
}

HandedOver::~HandedOver() {
  for (const Client& client : clients_) close(client.socket);
}

void HandedOver::let_in(int control_socket) {
  const int client = accept4(control_socket, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  if (clients_.size() < kMostClients && is_same_user(client)) {
    clients_.push_back({client, monotonic_ns()});
  } else {
    close(client);
  }
}

void HandedOver::add_to(std::vector<pollfd>* watched) const {
  for (const Client& client : clients_) watched->push_back({client.socket, POLLIN, 0});
}

std::vector<Handed> HandedOver::take() {
  std::vector<Handed> all;
  std::erase_if(clients_, [&](const Client& client) {
    std::optional<Handing> handing;
    const bool has_spoken = receive(client.socket, &handing);
    if (handing) {
      all.emplace_back(client.socket, std::move(*handing));
      return true;
    }
    const bool ends = has_spoken || monotonic_ns() - client.since_ns > kLongest_ns;
    if (ends) close(client.socket);
    return ends;
  });
  return all;
}

}  // namespace program
