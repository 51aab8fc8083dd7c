// Requests as Go's net/http reads them.
#include <catch2/catch.hpp>

#include "program/agent/http/http_request.h"

using program::HttpRequest;

namespace {

HttpRequest read(const std::string& target) {
  HttpRequest request;
  REQUIRE(request.read_target(target));
  return request;
}

}  // namespace

TEST_CASE("a target has a decoded path and a query whose first value counts") {
  const HttpRequest request = read("/debug/pprof/he%61p?debug=1&debug=2&a+b=c%26d&empty&=x");
  CHECK(request.path == "/debug/pprof/heap");
  CHECK(request.query == "debug=1&debug=2&a+b=c%26d&empty&=x");
  CHECK(request.parameter("debug") == "1");
  CHECK(request.parameter("a b") == "c&d");
  CHECK(request.parameters.contains("empty"));
  CHECK(request.parameter("none").empty());
  CHECK(request.host.empty());
}

TEST_CASE("a target that names a host is for that host, whatever the Host header says") {
  const HttpRequest request = read("http://evil:80/debug/pprof/cmdline?x=1");
  CHECK(request.host == "evil:80");
  CHECK(request.path == "/debug/pprof/cmdline");
  CHECK(request.query == "x=1");
  CHECK(read("HTTP://evil?x").host == "evil");
}

TEST_CASE("a zero byte stays within the path, a bad encoding or another form is refused") {
  CHECK(read("/heap%00x").path == std::string("/heap\0x", 7));
  for (const char* target :
       {"", "*", "heap", "/%", "/%z1", "/%1", "http://", "http:///x", "ftp://h/"}) {
    INFO(target);
    CHECK_FALSE(HttpRequest().read_target(target));
  }
}

TEST_CASE("a pair of the query that is badly encoded or holds a semicolon is dropped") {
  const HttpRequest request = read("/?a=%zz&b=1;c=2&d=4");
  CHECK(request.parameters.size() == 1);
  CHECK(request.parameter("d") == "4");
}

TEST_CASE("a head with two Hosts or Origins, or without a Host, is at fault") {
  HttpRequest request;
  CHECK(!fault_of_head(request).empty());
  request.is_http_1_0 = true;
  CHECK(fault_of_head(request).empty());
  request.hosts = {"a"};
  request.origins = {"http://a"};
  request.is_http_1_0 = false;
  CHECK(fault_of_head(request).empty());
  request.origins = {"http://a", "http://a"};
  CHECK(!fault_of_head(request).empty());
  request.origins.clear();
  request.hosts = {"a", "a"};
  CHECK(!fault_of_head(request).empty());
}

TEST_CASE("a Host with a byte that no host has is at fault, and an empty one is not, as in Go") {
  HttpRequest request;
  for (const char* host : {"a b", "a/b", "<x>", "a@b", "a\"b", "\xc3\xa4"}) {
    INFO(host);
    request.hosts = {host};
    CHECK(fault_of_head(request) == "malformed Host header");
  }
  for (const char* host : {"", "localhost:6060", "[::1]:6060", "10.0.0.1", "a_b~c"}) {
    INFO(host);
    request.hosts = {host};
    CHECK(fault_of_head(request).empty());
  }
}

TEST_CASE("the page of another site is known by Origin, Referer or Sec-Fetch-Site") {
  const auto foreign = [](const std::string& origin, const std::string& referer,
                          const std::string& site) {
    HttpRequest request;
    request.host = "localhost:6060";
    if (!origin.empty()) request.origins = {origin};
    request.referer = referer;
    request.fetch_site = site;
    return is_foreign(request);
  };
  CHECK_FALSE(foreign("", "", ""));
  CHECK_FALSE(
      foreign("http://localhost:6060", "http://localhost:6060/debug/pprof/", "same-origin"));
  CHECK_FALSE(foreign("", "http://localhost:6060", "none"));
  CHECK(foreign("null", "", ""));
  CHECK(foreign("http://localhost:60601", "", ""));
  CHECK(foreign("https://localhost:6060", "", ""));
  CHECK(foreign("", "http://evil/", ""));
  CHECK(foreign("", "http://localhost:6060.evil/", ""));
  CHECK(foreign("", "http://localhost:6060@evil/", ""));
  CHECK(foreign("", "", "cross-site"));
  CHECK(foreign("", "", "same-site"));
}
