#include "encoder/program/agent/http_gate.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "encoder/program/agent/host_tables.h"

namespace program {
namespace {

constexpr size_t kMostConnections = 64;
constexpr uint64_t kSecond = 1000000000;
constexpr uint64_t kHeadTime_ns = 5 * kSecond;
constexpr uint64_t kIdleTime_ns = 30 * kSecond;
constexpr uint64_t kWriteTime_ns = 30 * kSecond;
constexpr size_t kMostRequestBytes = 64 << 10;
// cpp-httplib looks at header lines of 8 KiB with regular expressions, which recurse.
constexpr size_t kStackSize = 16 << 20;

thread_local BoundedStream* stream_here = nullptr;

std::string number_of(const sockaddr_storage& name, socklen_t size, int* port) {
  char host[NI_MAXHOST] = "", service[NI_MAXSERV] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&name), size, host, sizeof host, service,
              sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
  *port = atoi(service);
  return name.ss_family == AF_UNIX ? "" : host;
}

bool is_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == geteuid() || peer.uid == 0);
}

}  // namespace

const BoundedStream& BoundedStream::current() {
  return *stream_here;
}

void BoundedStream::close_after_this() {
  stream_here->closes_ = true;
}

bool BoundedStream::wait_for(short events, uint64_t until_ns) const {
  for (;;) {
    const uint64_t now = monotonic_ns();
    if (now >= until_ns) return false;
    pollfd ready{socket_, events, 0};
    const int n = poll(&ready, 1, static_cast<int>((until_ns - now + 999999) / 1000000));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

bool BoundedStream::begin_request() {
  is_waited_for_ = true;
  bytes_left_ = kMostRequestBytes;
  deadline_ns_ = monotonic_ns() + kIdleTime_ns;
  if (taken_ == buffered_ && !wait_for(POLLIN, deadline_ns_)) return false;
  deadline_ns_ = monotonic_ns() + kHeadTime_ns;
  return true;
}

bool BoundedStream::has_left() const {
  pollfd ready{socket_, POLLRDHUP, 0};
  return poll(&ready, 1, 0) > 0;
}

std::string BoundedStream::local_address() const {
  std::string ip;
  int port = 0;
  get_local_ip_and_port(ip, port);
  return ip;
}

bool BoundedStream::is_readable() const {
  return taken_ < buffered_ || wait_for(POLLIN, deadline_ns_);
}

bool BoundedStream::is_writable() const {
  return wait_for(POLLOUT, monotonic_ns() + kWriteTime_ns);
}

ssize_t BoundedStream::read(char* bytes, size_t size) {
  if (taken_ == buffered_) {
    if (bytes_left_ == 0 || !wait_for(POLLIN, deadline_ns_)) {
      closes_ = true;
      return -1;
    }
    const ssize_t n = recv(socket_, buffer_, std::min(sizeof buffer_, bytes_left_), 0);
    if (n <= 0) return n;
    buffered_ = static_cast<size_t>(n);
    bytes_left_ -= buffered_;
    taken_ = 0;
  }
  const size_t n = std::min(size, buffered_ - taken_);
  memcpy(bytes, buffer_ + taken_, n);
  taken_ += n;
  return static_cast<ssize_t>(n);
}

ssize_t BoundedStream::write(const char* bytes, size_t size) {
  if (!is_writable()) return -1;
  ssize_t n;
  do {
    n = send(socket_, bytes, size, MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n;
}

void BoundedStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  getpeername(socket_, reinterpret_cast<sockaddr*>(&name), &size);
  ip = number_of(name, size, &port);
}

void BoundedStream::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &size);
  ip = number_of(name, size, &port);
}

HttpGate::~HttpGate() {
  stop_serving();
}

void HttpGate::head_is_read() {
  stream_here->is_waited_for_ = false;
}

void HttpGate::start(int listening_socket, bool is_unix) {
  socket_ = listening_socket;
  is_unix_ = is_unix;
  stop_event_ = eventfd(0, EFD_CLOEXEC);
  acceptor_ = std::thread(&HttpGate::accept_all, this);
}

void HttpGate::stop_serving() {
  if (!acceptor_.joinable()) return;
  const uint64_t one = 1;
  const ssize_t unused = ::write(stop_event_, &one, sizeof one);
  (void)unused;
  acceptor_.join();
  std::unique_lock lock(mutex_);
  // Who has asked gets the answer, within a bound; who has not is not waited for.
  for (Connection& connection : connections_) {
    if (connection.stream.is_waited_for_) shutdown(connection.socket, SHUT_RDWR);
  }
  const bool gone =
      one_gone_.wait_for(lock, std::chrono::seconds(3), [this] { return connections_.empty(); });
  for (Connection& connection : connections_) shutdown(connection.socket, SHUT_RDWR);
  if (!gone) one_gone_.wait(lock, [this] { return connections_.empty(); });
  lock.unlock();
  close(stop_event_);
  close(socket_);
}

// One that has not asked yet goes for one that comes; false if all are being served. Those that
// went before may still be going.
bool HttpGate::make_room(std::unique_lock<std::mutex>& lock) {
  if (connections_.size() < kMostConnections) return true;
  for (Connection& connection : connections_) {
    if (!connection.stream.is_waited_for_.exchange(false)) continue;
    shutdown(connection.socket, SHUT_RDWR);
    return one_gone_.wait_for(lock, std::chrono::seconds(1),
                              [this] { return connections_.size() < 2 * kMostConnections; });
  }
  return false;
}

void HttpGate::accept_all() {
  for (;;) {
    pollfd ready[2] = {{socket_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) return;
    if (ready[1].revents != 0) return;
    const int client = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) usleep(10000);
      continue;
    }
    std::unique_lock lock(mutex_);
    if ((is_unix_ && !is_same_user(client)) || !make_room(lock)) {
      close(client);
      continue;
    }
    const auto connection = connections_.emplace(connections_.end(), client);
    using Task = std::pair<HttpGate*, std::list<Connection>::iterator>;
    auto task = std::make_unique<Task>(this, connection);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackSize);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    const auto body = [](void* argument) -> void* {
      const std::unique_ptr<Task> mine(static_cast<Task*>(argument));
      mine->first->serve(mine->second);
      return nullptr;
    };
    if (pthread_create(&thread, &attributes, body, task.get()) == 0) {
      task.release();
    } else {
      close(client);
      connections_.erase(connection);
    }
    pthread_attr_destroy(&attributes);
  }
}

void HttpGate::serve(std::list<Connection>::iterator connection) {
  BoundedStream& stream = connection->stream;
  stream_here = &stream;
  bool goes_on = true;
  bool closed = false;
  while (goes_on && !closed && !stream.closes_ && stream.begin_request()) {
    goes_on = process_request(stream, false, closed, nullptr);
    // What was no request is followed by nothing that could be read as one.
    goes_on = goes_on && !stream.is_waited_for_;
  }
  const std::lock_guard lock(mutex_);
  shutdown(connection->socket, SHUT_RDWR);
  close(connection->socket);
  connections_.erase(connection);
  one_gone_.notify_all();
}

}  // namespace program
