#include "program/agent/http/http_connections.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "program/system/clock.h"

namespace program {
namespace {

constexpr size_t kMostConnections = 256;
constexpr uint64_t kSecond = 1000000000;
constexpr uint64_t kIdleTime_ns = 30 * kSecond;
constexpr uint64_t kHeadTime_ns = 5 * kSecond;
constexpr uint64_t kBodyTime_ns = 5 * kSecond;
constexpr uint64_t kSendPause_ns = 30 * kSecond;
// While other requests wait for room an answer is sent at this rate at least, after a grace.
constexpr uint64_t kSendGrace_ns = 5 * kSecond;
constexpr uint64_t kSlowest_bytes_s = 1 << 20;
constexpr int kSendBuffer = 256 << 10;
constexpr auto kLook = std::chrono::milliseconds(250);
constexpr auto kLastAnswers = std::chrono::seconds(3);

bool is_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == geteuid() || peer.uid == 0);
}

void close_soon(int socket) {
  shutdown(socket, SHUT_RDWR);  // its thread finds it so, and closes it
}

}  // namespace

bool HttpConnections::Connection::has_left() const {
  pollfd ready{socket, POLLRDHUP, 0};
  return poll(&ready, 1, 0) > 0;
}

void HttpConnections::start(bool only_this_user, std::function<bool()> is_crowded) {
  only_this_user_ = only_this_user;
  is_crowded_ = std::move(is_crowded);
  thread_ = std::thread(&HttpConnections::run, this);
}

void HttpConnections::stop() {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    for (const Connection& connection : connections_) {
      if (connection.may_go) close_soon(connection.socket);
    }
    changed_.wait_for(lock, kLastAnswers, [this] { return connections_.empty(); });
    for (const Connection& connection : connections_) close_soon(connection.socket);
  }
  changed_.notify_all();
  thread_.join();
}

HttpConnections::Connection* HttpConnections::add(int socket) {
  setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  const std::lock_guard lock(mutex_);
  if (stopping_ || (only_this_user_ && !is_same_user(socket))) close_soon(socket);
  if (connections_.size() >= kMostConnections) {
    // The one that has been waited for longest.
    Connection* oldest = nullptr;
    for (Connection& each : connections_) {
      if (each.may_go && (oldest == nullptr || each.deadline_ns < oldest->deadline_ns)) {
        oldest = &each;
      }
    }
    close_soon(oldest == nullptr ? socket : oldest->socket);
    if (oldest != nullptr) oldest->may_go = false;
  }
  Connection& connection = connections_.emplace_back();
  connection.socket = socket;
  connection.deadline_ns = monotonic_ns() + kIdleTime_ns;
  return &connection;
}

void HttpConnections::remove(Connection* connection) {
  {
    const std::lock_guard lock(mutex_);
    connections_.remove_if([connection](const Connection& each) { return &each == connection; });
  }
  changed_.notify_all();
}

void HttpConnections::set(Connection* connection, bool may_go, uint64_t time_ns) {
  const std::lock_guard lock(mutex_);
  connection->may_go = may_go;
  connection->deadline_ns = time_ns == 0 ? 0 : monotonic_ns() + time_ns;
  connection->sending_since_ns = connection->sent_bytes = 0;
  if (stopping_ && may_go) close_soon(connection->socket);
}

void HttpConnections::waits_for_request(Connection* connection) {
  set(connection, true, kIdleTime_ns);
}

void HttpConnections::reads_head(Connection* connection) {
  set(connection, true, kHeadTime_ns);
}

void HttpConnections::reads_body(Connection* connection) {
  set(connection, true, kBodyTime_ns);
}

void HttpConnections::works(Connection* connection) {
  set(connection, false, 0);
}

void HttpConnections::sends(Connection* connection) {
  set(connection, false, kSendPause_ns);
}

void HttpConnections::has_sent(Connection* connection, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const uint64_t now = monotonic_ns();
  connection->deadline_ns = now + kSendPause_ns;
  if (connection->sending_since_ns == 0) connection->sending_since_ns = now;
  connection->sent_bytes = bytes;
}

void HttpConnections::close_late_ones() {
  const uint64_t now = monotonic_ns();
  const bool is_crowded = is_crowded_();
  for (Connection& each : connections_) {
    const uint64_t allowed_ns =
        kSendGrace_ns + each.sent_bytes / (kSlowest_bytes_s / 1024) * (kSecond / 1024);
    const bool is_slow =
        is_crowded && each.sending_since_ns != 0 && now > each.sending_since_ns + allowed_ns;
    if (is_slow || (each.deadline_ns != 0 && now > each.deadline_ns)) close_soon(each.socket);
  }
}

void HttpConnections::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, kLook);
    close_late_ones();
  }
}

}  // namespace program
