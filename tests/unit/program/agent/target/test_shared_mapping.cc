#include "program/agent/target/shared_mapping.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace {

constexpr uint64_t kSize = 16 * 4096;

volatile char& byte_of(const program::SharedMapping& mapping, uint64_t at) {
  return mapping.base()[at];
}

}  // namespace

TEST_CASE("a file that is cut short below its reader reads as zeros, and takes what is written") {
  const int file = memfd_create("cut", MFD_CLOEXEC);
  REQUIRE(ftruncate(file, kSize) == 0);
  program::SharedMapping mapping, another;
  REQUIRE(mapping.map(file, kSize));
  REQUIRE(another.map(file, kSize));
  byte_of(mapping, 5 * 4096) = 7;
  CHECK(byte_of(another, 5 * 4096) == 7);
  REQUIRE(ftruncate(file, 4096) == 0);
  CHECK(byte_of(mapping, 5 * 4096) == 0);
  byte_of(mapping, 5 * 4096 + 1) = 9;
  CHECK(byte_of(mapping, 5 * 4096 + 1) == 9);
  CHECK(byte_of(another, 5 * 4096 + 1) == 0);
  close(file);
}

TEST_CASE("a fault elsewhere ends the process as ever") {
  const pid_t child = fork();
  if (child == 0) {
    const int file = memfd_create("cut", MFD_CLOEXEC);
    if (ftruncate(file, kSize) != 0) _exit(1);
    program::SharedMapping mapping;
    if (!mapping.map(file, kSize)) _exit(2);
    auto* other = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0));
    if (ftruncate(file, 0) != 0) _exit(3);
    _exit(*other);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS));
}
