// libmicrohttpd around the server's routes: a thread for each connection reads a request, makes the
// answer and sends it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "program/agent/http/answer_room.h"
#include "program/agent/http/http_connections.h"
#include "program/agent/http/http_request.h"
#include "program/agent/http/shared_text.h"

struct MHD_Daemon;

namespace program {

struct HttpAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Text text;            // instead of the body
  bool closes = false;  // the connection is not used again
};

class HttpDaemon {
 public:
  using Routes = std::function<HttpAnswer(const HttpRequest&)>;

  HttpDaemon() = default;
  ~HttpDaemon() { stop(); }
  HttpDaemon(const HttpDaemon&) = delete;
  HttpDaemon& operator=(const HttpDaemon&) = delete;

  // Serves until `stop`; the socket is closed then. On a unix socket only processes of this user.
  bool start(int listening_socket, bool is_unix, const AnswerRoom& room, Routes routes);
  void stop();

 private:
  friend struct Exchange;

  int socket_ = -1;
  MHD_Daemon* daemon_ = nullptr;
  HttpConnections connections_;
  Routes routes_;
};

}  // namespace program
