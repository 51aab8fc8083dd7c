// An HTTP request as the server's routes see it, read as Go's net/http reads it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace program {

struct HttpRequest {
  std::string method;
  std::string path;   // decoded
  std::string query;  // as it was sent
  std::string body;
  std::map<std::string, std::string> parameters;  // of several with one key the first, as in Go
  // What the client believes to talk to: the target's, if that has one, else the Host header's.
  std::string host;
  std::vector<std::string> hosts, origins;  // headers of these names
  std::string referer, fetch_site;
  bool is_http_1_0 = false;
  bool has_body = false;
  std::string local_address;  // the number under which this machine was reached
  // True once the client has gone, or the server ends.
  std::function<bool()> is_over;

  // Takes a target apart: "/path?query" or "http://host/path?query". False if it is neither, or has
  // a '%' that is no encoding.
  bool read_target(std::string_view target);
  std::string parameter(const std::string& key) const;
};

// Why HTTP forbids to answer it: 400. Empty if nothing does.
std::string fault_of_head(const HttpRequest& request);
// Sent by the page of another site.
bool is_foreign(const HttpRequest& request);

}  // namespace program
