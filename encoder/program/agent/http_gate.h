// Connections, bounded in number, time and bytes, in front of cpp-httplib, which reads requests and
// writes responses.
#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace program {

// One connection as cpp-httplib reads and writes it.
class BoundedStream : public httplib::Stream {
 public:
  explicit BoundedStream(int socket) : socket_(socket) {}

  // A new request: its own time and bytes. False if none comes while we wait for it.
  bool begin_request();
  // The client has gone, or wants no answer any more.
  bool has_left() const;
  std::string local_address() const;

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* bytes, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

  // The one that this thread serves.
  static const BoundedStream& current();
  // Its connection is not used again.
  static void close_after_this();

 private:
  friend class HttpGate;
  bool wait_for(short events, uint64_t until_ns) const;

  int socket_;
  uint64_t deadline_ns_ = 0;
  size_t bytes_left_ = 0;
  char buffer_[4096];
  size_t buffered_ = 0, taken_ = 0;
  bool closes_ = false;
  std::atomic<bool> is_waited_for_{true};  // no whole request yet: may be closed for another
};

class HttpGate : public httplib::Server {
 public:
  HttpGate() = default;
  ~HttpGate() override;

  // Serves until `stop`. Only processes of this user, where the socket is of that kind.
  void start(int listening_socket, bool is_unix);
  void stop_serving();

  // Requests whose head has been read; called by the handlers.
  static void head_is_read();

 private:
  struct Connection {
    int socket;
    BoundedStream stream;
    explicit Connection(int s) : socket(s), stream(s) {}
  };

  void accept_all();
  void serve(std::list<Connection>::iterator connection);
  bool make_room(std::unique_lock<std::mutex>& lock);

  int socket_ = -1;
  bool is_unix_ = false;
  int stop_event_ = -1;
  std::thread acceptor_;
  std::mutex mutex_;
  std::condition_variable one_gone_;
  std::list<Connection> connections_;
};

}  // namespace program
