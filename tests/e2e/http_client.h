// An HTTP client of the tests, on libcurl: it keeps its connection, as a browser does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 0;
  std::string body;
  std::map<std::string, std::string> headers;  // names in lower case

  std::string header(const std::string& name) const;
};

class HttpClient {
 public:
  explicit HttpClient(int port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Nothing if there is no answer. `method`: GET, HEAD, or POST with `body`.
  std::optional<HttpResponse> ask(const std::string& path, const std::string& method = "GET",
                                  const HttpHeaders& headers = {}, const std::string& body = {});
  // The answer, which the test requires.
  HttpResponse get(const std::string& path, const HttpHeaders& headers = {});

 private:
  std::string server_;
  void* curl_;
};

// A connection to a port of this machine, or -1.
int connected(int port);
// What a server answers to these bytes until it closes the connection, or until `limit_ms`.
std::string exchanged(int port, const std::string& bytes, int limit_ms = 5000);

}  // namespace e2e
