#include "program/run/launchers.h"

#include <catch2/catch.hpp>

using program::preload_lost_by;
using program::program_behind_loader;

TEST_CASE("a command that drops the preload gets a line: why, and what to do instead") {
  for (const std::string name : {"sudo", "su", "docker", "systemctl", "ssh", "chroot"}) {
    INFO(name);
    const std::string line = preload_lost_by("/usr/bin/" + name);
    CHECK(line.starts_with("/usr/bin/" + name + " "));
    CHECK(line.find("; use ") != std::string::npos);
  }
  for (const char* name : {"/usr/bin/sudoku", "/bin/sh", "redis-server", "", "/usr/bin/env"}) {
    CHECK(preload_lost_by(name).empty());
  }
}

TEST_CASE("the program that the dynamic loader is asked to start is found behind its options") {
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  CHECK(program_behind_loader({loader, "./app", "--argv0"}) == "./app");
  CHECK(program_behind_loader({loader, "--argv0", "x", "--inhibit-cache", "./app"}) == "./app");
  CHECK(program_behind_loader({loader, "--preload", "a.so", "--library-path", "d", "/app"}) ==
        "/app");
  CHECK(program_behind_loader({loader, "--list"}).empty());
  CHECK(program_behind_loader({"/usr/bin/ld", "./app"}).empty());
  CHECK(program_behind_loader({}).empty());
}
