#include "program/run/preload_environment.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

using program::Environment;
using program::preload_list;

TEST_CASE("our library stands before other preloads and behind sanitizers") {
  CHECK(preload_list("", "/l/p.so", "") == "/l/p.so");
  CHECK(preload_list("/x/jemalloc.so", "/l/p.so", "") == "/l/p.so:/x/jemalloc.so");
  CHECK(preload_list("a.so b.so::c.so", "/l/p.so", "") == "/l/p.so:a.so:b.so:c.so");
  CHECK(preload_list("", "/l/p.so", "libasan.so.8") == "libasan.so.8:/l/p.so");
  CHECK(preload_list("a.so", "/l/p.so", "libasan.so.8") == "libasan.so.8:/l/p.so:a.so");
  CHECK(preload_list("a.so:/x/libtsan.so.2", "/l/p.so", "") == "/x/libtsan.so.2:/l/p.so:a.so");
  CHECK(preload_list("libasan.so.8", "/l/p.so", "libasan.so.8") == "libasan.so.8:/l/p.so");
}

TEST_CASE("a library that is preloaded already is not named twice") {
  CHECK(preload_list("/l/p.so:a.so", "/l/p.so", "") == "/l/p.so:a.so");
}

TEST_CASE("a relative output is relative to the directory of run, with its conversions") {
  using program::output_from;
  CHECK(output_from("/home/x", "out/") == "/home/x/out/");
  CHECK(output_from("/home/x", "out") == "/home/x/out");
  CHECK(output_from("/home/x", "%e-%q{HOME}.pb.gz") == "/home/x/%e-%q{HOME}.pb.gz");
  CHECK(output_from("/home/x", "") == "/home/x/%e.%p.%m.pb.gz");
  CHECK(output_from("/home/100%p", "a%%b") == "/home/100%%p/a%%b");
  CHECK(output_from("/", "a") == "/a");
  CHECK(output_from("/home/x", "/tmp/") == "/tmp/");
  // The library has a line for these, which names what the user wrote.
  CHECK(output_from("/home/x", "%z") == "%z");
  CHECK(output_from("", "a") == "a");
  CHECK(output_from("/" + std::string(4096, 'x'), "a") == "a");
}

TEST_CASE("an environment is this process's with what was set") {
  setenv("PROFILER_TEST_VARIABLE", "one", 1);
  Environment environment;
  CHECK(environment.get("PROFILER_TEST_VARIABLE") == "one");
  CHECK_FALSE(environment.has("PROFILER_TEST"));
  environment.set("PROFILER_TEST_VARIABLE", "two");
  environment.set("PROFILER_TEST", "");
  CHECK(environment.get("PROFILER_TEST_VARIABLE") == "two");
  CHECK(environment.has("PROFILER_TEST"));
  CHECK(Environment().get("PROFILER_TEST_VARIABLE") == "one");
  unsetenv("PROFILER_TEST_VARIABLE");
  int found = 0;
  for (const char* entry : environment.pointers()) {
    if (entry != nullptr && strncmp(entry, "PROFILER_TEST", 13) == 0) found++;
  }
  CHECK(found == 2);
  CHECK(environment.pointers().back() == nullptr);
}
