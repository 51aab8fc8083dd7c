#include "program/agent/http/http_daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace program {

namespace {

constexpr size_t kMostRequestBytes = 64 << 10;
// Of connections that are closed some may still be ending.
constexpr unsigned kConnectionLimit = 512;
constexpr size_t kStackSize = 1 << 20;
constexpr size_t kBlock = 16 << 10;
// A body up to this size is the library's.
constexpr size_t kSmall = 64 << 10;

std::string local_address(int socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  char host[NI_MAXHOST] = "";
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) return "";
  if (name.ss_family == AF_UNIX) return "";
  getnameinfo(reinterpret_cast<sockaddr*>(&name), size, host, sizeof host, nullptr, 0,
              NI_NUMERICHOST);
  return host;
}

HttpConnections::Connection* connection_of(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return static_cast<HttpConnections::Connection*>(info->socket_context);
}

// A body on its way.
struct Sending {
  HttpConnections& connections;
  HttpConnections::Connection* connection;
  std::string body;
  size_t taken = 0;
  Text text;
  size_t part = 0;

  static ssize_t read(void* self, uint64_t position, char* bytes, size_t most) {
    auto& sending = *static_cast<Sending*>(self);
    sending.connections.has_sent(sending.connection, position);
    if (sending.text != nullptr && sending.taken == sending.body.size()) {
      sending.body.clear();
      sending.taken = 0;
      while (sending.body.size() < kBlock && sending.text->part(sending.part, &sending.body)) {
        sending.part++;
      }
    }
    const size_t n = std::min(most, sending.body.size() - sending.taken);
    if (n == 0) return MHD_CONTENT_READER_END_OF_STREAM;
    memcpy(bytes, sending.body.data() + sending.taken, n);
    sending.taken += n;
    return static_cast<ssize_t>(n);
  }
  static void free(void* self) { delete static_cast<Sending*>(self); }
};

size_t keep_as_it_is(void*, MHD_Connection*, char* text) {
  return strlen(text);
}

}  // namespace

// A request and its answer; the context of libmicrohttpd's callbacks.
struct Exchange {
  HttpDaemon& daemon;
  HttpRequest request;
  bool is_target_good = false, is_head_read = false;
  unsigned refused_with = 0;  // a status; 0: the head can be read in one way only
  size_t length_headers = 0;
  bool is_chunked = false, is_encoding_known = true;

  static void* begin(void* self, const char* target, MHD_Connection* connection) {
    auto& daemon = *static_cast<HttpDaemon*>(self);
    auto exchange = std::make_unique<Exchange>(Exchange{daemon, {}});
    exchange->is_target_good = exchange->request.read_target(target);
    daemon.connections_.reads_head(connection_of(connection));
    return exchange.release();
  }

  static MHD_Result take_header(void* self, MHD_ValueKind, const char* key, const char* value) {
    auto& exchange = *static_cast<Exchange*>(self);
    HttpRequest& request = exchange.request;
    const std::string text = value == nullptr ? "" : value;
    const auto is = [key](const char* name) { return strcasecmp(key, name) == 0; };
    if (is("Host")) request.hosts.push_back(text);
    if (is("Origin")) request.origins.push_back(text);
    if (is("Referer")) request.referer = text;
    if (is("Sec-Fetch-Site")) request.fetch_site = text;
    if (is("Content-Length")) exchange.length_headers++;
    if (is("Transfer-Encoding")) {
      exchange.is_chunked = true;
      if (strcasecmp(text.c_str(), "chunked") != 0) exchange.is_encoding_known = false;
    }
    if (is("Content-Length") && text != "0") request.has_body = true;
    return MHD_YES;
  }

  void read_head(MHD_Connection* connection, const char* method, const char* version) {
    is_head_read = true;
    request.method = method;
    request.is_http_1_0 = strcmp(version, "HTTP/1.0") == 0;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, this);
    request.has_body = request.has_body || is_chunked;
    if (request.host.empty() && !request.hosts.empty()) request.host = request.hosts.front();
    // A body of an unknown encoding has no end that both sides see.
    if (!is_encoding_known) refused_with = MHD_HTTP_NOT_IMPLEMENTED;
    // Two lengths are read in two ways: by us and by a proxy before us.
    const bool has_one_length = length_headers + (is_chunked ? 1 : 0) <= 1;
    if (!is_target_good || !has_one_length) refused_with = MHD_HTTP_BAD_REQUEST;
  }

  static MHD_Result go_on(void* self, MHD_Connection* connection, const char*, const char* method,
                          const char* version, const char* bytes, size_t* size, void** context) {
    auto& daemon = *static_cast<HttpDaemon*>(self);
    auto& exchange = *static_cast<Exchange*>(*context);
    HttpConnections::Connection* own = connection_of(connection);
    if (!exchange.is_head_read) {
      exchange.read_head(connection, method, version);
      if (exchange.refused_with != 0) return exchange.answer(connection, own);
      exchange.request.has_body ? daemon.connections_.reads_body(own)
                                : daemon.connections_.works(own);
      return MHD_YES;
    }
    if (*size != 0) {
      if (exchange.request.body.size() + *size > kMostRequestBytes) return MHD_NO;
      exchange.request.body.append(bytes, *size);
      *size = 0;
      return MHD_YES;
    }
    daemon.connections_.works(own);
    return exchange.answer(connection, own);
  }

  MHD_Result answer(MHD_Connection* connection, HttpConnections::Connection* own) {
    request.local_address = local_address(own->socket);
    request.is_over = [own] { return own->has_left(); };
    HttpAnswer answer;
    if (refused_with == 0) {
      answer = daemon.routes_(request);
    } else {
      answer.status = static_cast<int>(refused_with);
      answer.body = refused_with == MHD_HTTP_NOT_IMPLEMENTED ? "Unsupported transfer encoding\n"
                                                             : "400 Bad Request\n";
      answer.closes = true;
    }
    const bool reads_only = request.method == "GET" || request.method == "HEAD";
    if (request.has_body || !reads_only) answer.closes = true;
    daemon.connections_.sends(own);
    return send(connection, own, std::move(answer));
  }

  MHD_Result send(MHD_Connection* connection, HttpConnections::Connection* own, HttpAnswer answer) {
    MHD_Response* response = nullptr;
    if (answer.text == nullptr && answer.body.size() <= kSmall) {
      response = MHD_create_response_from_buffer(answer.body.size(), answer.body.data(),
                                                 MHD_RESPMEM_MUST_COPY);
    } else {
      const uint64_t size = answer.text != nullptr ? answer.text->size() : answer.body.size();
      auto sending = std::make_unique<Sending>(
          Sending{daemon.connections_, own, std::move(answer.body), 0, std::move(answer.text)});
      response = MHD_create_response_from_callback(size, kBlock, Sending::read, sending.get(),
                                                   Sending::free);
      if (response != nullptr) sending.release();
    }
    if (response == nullptr) return MHD_NO;
    for (const auto& [name, value] : answer.headers) {
      MHD_add_response_header(response, name.c_str(), value.c_str());
    }
    if (answer.closes) MHD_add_response_header(response, "Connection", "close");
    const MHD_Result queued =
        MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
    MHD_destroy_response(response);
    return queued;
  }

  static void end(void* self, MHD_Connection* connection, void** context,
                  MHD_RequestTerminationCode) {
    delete static_cast<Exchange*>(*context);
    *context = nullptr;
    static_cast<HttpDaemon*>(self)->connections_.waits_for_request(connection_of(connection));
  }

  static void change(void* self, MHD_Connection* connection, void** context,
                     MHD_ConnectionNotificationCode what) {
    HttpConnections& connections = static_cast<HttpDaemon*>(self)->connections_;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      const MHD_ConnectionInfo* info =
          MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
      *context = connections.add(info->connect_fd);
    } else {
      connections.remove(static_cast<HttpConnections::Connection*>(*context));
    }
  }
};

bool HttpDaemon::start(int listening_socket, bool is_unix, const AnswerRoom& room, Routes routes) {
  socket_ = listening_socket;
  routes_ = std::move(routes);
  connections_.start(is_unix, [&room] { return room.has_waiters(); });
  // A client that leaves between poll and accept must not stop the others.
  fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
  daemon_ = MHD_start_daemon(
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC,
      0, nullptr, nullptr, Exchange::go_on, this, MHD_OPTION_LISTEN_SOCKET, socket_,
      MHD_OPTION_CONNECTION_LIMIT, kConnectionLimit, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kMostRequestBytes, MHD_OPTION_THREAD_STACK_SIZE, kStackSize, MHD_OPTION_URI_LOG_CALLBACK,
      Exchange::begin, this, MHD_OPTION_NOTIFY_COMPLETED, Exchange::end, this,
      MHD_OPTION_NOTIFY_CONNECTION, Exchange::change, this, MHD_OPTION_UNESCAPE_CALLBACK,
      keep_as_it_is, nullptr, MHD_OPTION_END);
  return daemon_ != nullptr;
}

void HttpDaemon::stop() {
  if (socket_ < 0) return;
  if (daemon_ != nullptr) MHD_quiesce_daemon(daemon_);
  connections_.stop();
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
  close(socket_);
  socket_ = -1;
}

}  // namespace program
