#include "program/sandbox/message.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace program {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 30;
constexpr uint32_t kMostWords = 64 << 10;

struct Head {
  uint32_t kind;
  uint32_t words;
};

// Without a deadline the calls themselves wait.
int flags_for(Deadline deadline) {
  return MSG_NOSIGNAL | (deadline == kNoDeadline ? 0 : MSG_DONTWAIT);
}

bool wait_for(int socket, short events, Deadline deadline) {
  if (deadline == kNoDeadline) return true;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
          .count();
  if (left <= 0) return false;
  pollfd one{socket, events, 0};
  poll(&one, 1, static_cast<int>(std::min<int64_t>(left, 1000)));
  return true;
}

bool try_again(ssize_t result) {
  return result < 0 && (errno == EINTR || errno == EAGAIN);
}

bool send_bytes(int socket, const void* bytes, size_t size, Deadline deadline) {
  for (size_t done = 0; done < size;) {
    if (!wait_for(socket, POLLOUT, deadline)) return false;
    const ssize_t n =
        send(socket, static_cast<const char*>(bytes) + done, size - done, flags_for(deadline));
    if (try_again(n)) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

bool receive_bytes(int socket, void* bytes, size_t size, Deadline deadline) {
  for (size_t done = 0; done < size;) {
    if (!wait_for(socket, POLLIN, deadline)) return false;
    const ssize_t n =
        recv(socket, static_cast<char*>(bytes) + done, size - done, flags_for(deadline));
    if (try_again(n)) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

union Control {
  cmsghdr head;
  char bytes[CMSG_SPACE(sizeof(int))];
};

// The head is small enough to go or come in one piece.
bool send_head(int socket, const Head& head, int fd, Deadline deadline) {
  iovec part{const_cast<Head*>(&head), sizeof head};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
  }
  for (;;) {
    if (!wait_for(socket, POLLOUT, deadline)) return false;
    const ssize_t n = sendmsg(socket, &message, flags_for(deadline));
    if (!try_again(n)) return n == sizeof head;
  }
}

bool receive_head(int socket, Head* head, int* fd, Deadline deadline) {
  iovec part{head, sizeof *head};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  for (;;) {
    if (!wait_for(socket, POLLIN, deadline)) return false;
    const ssize_t n = recvmsg(socket, &message, flags_for(deadline) | MSG_CMSG_CLOEXEC);
    if (try_again(n)) continue;
    const cmsghdr* given = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (given != nullptr && given->cmsg_type == SCM_RIGHTS) {
      memcpy(fd, CMSG_DATA(given), sizeof *fd);
    }
    return n == sizeof *head;
  }
}

}  // namespace

bool send_message(int socket, const Message& message, Deadline deadline) {
  const Head head{message.kind, static_cast<uint32_t>(message.words.size())};
  if (!send_head(socket, head, message.fd, deadline)) return false;
  for (const std::string& word : message.words) {
    const uint64_t size = word.size();
    if (!send_bytes(socket, &size, sizeof size, deadline)) return false;
    if (!send_bytes(socket, word.data(), word.size(), deadline)) return false;
  }
  return true;
}

bool receive_message(int socket, Message* message, Deadline deadline) {
  Head head{};
  *message = Message();
  if (!receive_head(socket, &head, &message->fd, deadline)) return false;
  message->kind = head.kind;
  bool good = head.words <= kMostWords;
  uint64_t left = kMostBytes;
  for (uint32_t i = 0; good && i < head.words; i++) {
    uint64_t size = 0;
    good = receive_bytes(socket, &size, sizeof size, deadline) && size <= left;
    if (!good) break;
    left -= size;
    std::string& word = message->words.emplace_back(size, '\0');
    good = receive_bytes(socket, word.data(), size, deadline);
  }
  if (!good && message->fd >= 0) close(message->fd);
  return good;
}

int64_t number_in(const std::string& word) {
  int64_t value = 0;
  const char* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, value);
  return error == std::errc() && at == end ? value : 0;
}

}  // namespace program
