// A request to another machine and its answer, bounded in bytes and in time as a whole: the server
// may be anybody's. Proxies are those of the environment (http_proxy, https_proxy, no_proxy).
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace program {

struct HttpExchange {
  struct Part {
    std::string name, file_name, type;
    const std::string* bytes;
  };

  std::string url;  // without user and password
  std::string user, password;
  std::vector<Part> parts;  // sent by POST as multipart/form-data; none: GET
  long connect_ms = 5000, whole_ms = 30000;
  size_t most_head_bytes = 64 << 10;
  size_t most_body_bytes = 64 << 10;  // the rest of a longer body is not read
  long most_redirects = 0;
  std::function<bool()> is_over;  // the caller wants no answer any more
  // Gets the body, of any length, instead of the result; false ends the exchange.
  std::function<bool(const char* bytes, size_t size)> take;
};

struct HttpResult {
  int status = 0;  // 0: no answer
  std::string body;
  std::string problem;  // why there is none
};

HttpResult exchange(const HttpExchange& wanted);

// The parts of a base URL, decoded.
struct HttpUrl {
  std::string server;  // https://host:port
  std::string path;    // without a slash at its end
  std::string user, password;

  bool read(const std::string& url);
  // Of a path below it, with a query.
  std::string below(const std::string& more,
                    const std::vector<std::pair<std::string, std::string>>& query) const;
};

}  // namespace program
