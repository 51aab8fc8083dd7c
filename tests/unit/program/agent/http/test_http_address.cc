#include "program/agent/http/http_address.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/env/temporary_directory.h"

using program::HttpAddress;

TEST_CASE("the path of a unix socket is removed at the end only while it is the socket's") {
  TemporaryDirectory directory;
  std::string problem;
  {
    HttpAddress address;
    REQUIRE(address.listen_at("unix:socket", directory.path(), &problem));
    CHECK(directory.names() == std::set<std::string>{"socket"});
  }
  CHECK(directory.names().empty());
  {
    HttpAddress address;
    REQUIRE(address.listen_at("unix:socket", directory.path(), &problem));
    std::filesystem::remove(directory / "socket");
    directory.put("socket", "a file of the user's");
  }
  CHECK(directory.content("socket") == "a file of the user's");
}

TEST_CASE("an address that is taken says so, one that is left is used again") {
  TemporaryDirectory directory;
  std::string problem;
  HttpAddress address;
  REQUIRE(address.listen_at("unix:socket", directory.path(), &problem));
  HttpAddress second;
  CHECK_FALSE(second.listen_at("unix:socket", directory.path(), &problem));
  CHECK(second.is_taken);
  CHECK(problem == "cannot listen at " + (directory / "socket") + ": Address already in use");
  CHECK_FALSE(second.listen_at("unix:none/socket", directory.path(), &problem));
  CHECK_FALSE(second.is_taken);
  address.stop();
  CHECK(second.listen_at("unix:socket", directory.path(), &problem));
}

TEST_CASE("where each process of a tree is served") {
  TemporaryDirectory directory;
  std::string problem;
  HttpAddress port, path;
  REQUIRE(port.listen_at("127.0.0.1:0", directory.path(), &problem));
  CHECK_FALSE(port.is_fixed);
  CHECK(port.url_of(0) == port.url);
  const std::string front = port.url.substr(0, port.url.find("/debug"));
  CHECK(port.url_of(4711) == front + "/4711/debug/pprof/");
  REQUIRE(path.listen_at("unix:socket", directory.path(), &problem));
  CHECK(path.is_fixed);
  CHECK(path.url_of(4711) == "unix:" + (directory / "socket") + " at /4711/debug/pprof/");
  HttpAddress taken;
  CHECK_FALSE(taken.listen_at(front.substr(7), directory.path(), &problem));
  CHECK(taken.is_taken);
}
