// The server's connections: bounded in number and in time, since libmicrohttpd bounds the pauses of
// a client, but not how long a request or an answer takes in all.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace program {

class HttpConnections {
 public:
  struct Connection {
    int socket = -1;
    bool may_go = true;        // has asked for nothing yet: another may take its place
    uint64_t deadline_ns = 0;  // 0: none, the server is at work
    // While an answer is sent that takes room.
    uint64_t sending_since_ns = 0, sent_bytes = 0;

    // The client has gone, or wants no answer any more.
    bool has_left() const;
  };

  // `is_crowded`: requests wait until answers are sent.
  void start(bool only_this_user, std::function<bool()> is_crowded);
  // Closes the connections that have asked for nothing, waits for the answers of the others for
  // some seconds, then closes those too.
  void stop();

  Connection* add(int socket);
  void remove(Connection* connection);

  // What a connection does next.
  void waits_for_request(Connection* connection);
  void reads_head(Connection* connection);
  void reads_body(Connection* connection);
  void works(Connection* connection);
  void sends(Connection* connection);
  void has_sent(Connection* connection, uint64_t bytes);

 private:
  void set(Connection* connection, bool may_go, uint64_t time_ns);
  void close_late_ones();
  void run();

  bool only_this_user_ = false, stopping_ = false;
  std::function<bool()> is_crowded_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Connection> connections_;
  std::thread thread_;
};

}  // namespace program
