#include "program/symbols/elf_build_id.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/program/workshop.h"

namespace {

std::string id_of(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const std::string id = program::elf_build_id(fd);
  close(fd);
  return id;
}

}  // namespace

TEST_CASE("the build id of a program and of its debug file is read, and none where there is none") {
  const Workshop workshop;
  workshop.write("a.c", "int main(void) { return 0; }\n");
  workshop.shell(
      "cc -g -Wl,--build-id=0xabcdef0123456789 a.c -o a && objcopy --only-keep-debug a a.debug && "
      "cc -Wl,--build-id=none a.c -o none && echo text > text && : > empty");
  CHECK(id_of(workshop.path("a")) == "abcdef0123456789");
  CHECK(id_of(workshop.path("a.debug")) == "abcdef0123456789");
  for (const char* name : {"none", "text", "empty"}) CHECK(id_of(workshop.path(name)).empty());
}

TEST_CASE("a damaged file has another build id or none") {
  const Workshop workshop;
  workshop.write("a.c", "int main(void) { return 0; }\n");
  workshop.shell("cc -Wl,--build-id=0xabcdef0123456789 a.c -o a");
  const std::string whole = workshop.read("a");
  std::mt19937 random(20240609);
  int same = 0;
  for (int i = 0; i < 300; i++) {
    std::string bytes = whole;
    for (int flips = i % 32; flips > 0; flips--) {
      const size_t place = flips % 2 == 0 ? random() % 64 : bytes.size() - 1 - random() % 2048;
      bytes[place] = static_cast<char>(random());
    }
    same += id_of(workshop.write("damaged", bytes)) == "abcdef0123456789" ? 1 : 0;
  }
  CHECK(same > 10);
  CHECK(same < 300);
}
