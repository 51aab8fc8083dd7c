// What an image leaves for the next one of its process, and what that one believes of it.
#include "env/image_start.h"

#include <sys/auxv.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "env/sys/own_process.h"

using image_start::Before;

namespace {

const char* own_name() {
  return reinterpret_cast<const char*>(getauxval(AT_EXECFN));
}

// As if this test had been executed a moment ago by an image that left this.
layout::ExecMark mark(const char* executed, bool has_file) {
  layout::ExecMark left{};
  left.birth_ticks = process::birth_ticks();
  image_start::leave(left, executed, has_file);
  return left;
}

Before look(const layout::ExecMark& left) {
  image_start::begins();
  return image_start::look(left);
}

void use_cpu_ms(int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (std::chrono::steady_clock::now() < end) continue;
}

void read_often(int times) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  for (int i = 0; i < times; i++) {
    char c = 'x';
    REQUIRE(write(ends[1], &c, 1) == 1);
    REQUIRE(read(ends[0], &c, 1) == 1);
  }
  close(ends[0]), close(ends[1]);
}

}  // namespace

TEST_CASE("the loader reads once for each object, and more where program headers are many") {
  using image_start::are_of_loader;
  // The program, its loader, the vdso and libc.
  CHECK(are_of_loader(6, 4, 0));
  CHECK(are_of_loader(9, 4, 0));
  CHECK_FALSE(are_of_loader(10, 4, 0));
  CHECK(are_of_loader(12, 4, 1));
  CHECK_FALSE(are_of_loader(13, 4, 1));
}

TEST_CASE("what an image used before is not the loader's of the next") {
  use_cpu_ms(20);
  const layout::ExecMark left = mark(own_name(), true);
  CHECK(left.unsaid_ns == 0);
  const Before before = look(left);
  CHECK(before.is_known);
  CHECK(before.used_ns >= left.cpu_ns);
  CHECK(before.loader_ns == before.used_ns - left.cpu_ns);
  CHECK(before.unsaid_ns == 0);
}

TEST_CASE("what is in no file of an earlier image is handed on") {
  const layout::ExecMark left = mark(own_name(), false);
  CHECK(left.unsaid_ns == left.cpu_ns);
  CHECK(look(left).unsaid_ns == left.cpu_ns);
}

TEST_CASE(
    "a mark for another program, for one that read much, or from the future is not believed") {
  CHECK_FALSE(look(mark("/bin/another", true)).is_known);
  CHECK(look(mark(nullptr, true)).is_known);
  const std::string elsewhere =
      "/elsewhere/" + std::string(own_name()).substr(std::string(own_name()).rfind('/') + 1);
  CHECK(look(mark(elsewhere.c_str(), true)).is_known);
  const layout::ExecMark early = mark(own_name(), true);
  read_often(50);
  CHECK_FALSE(look(early).is_known);
  for (uint64_t layout::ExecMark::*field :
       {&layout::ExecMark::cpu_ns, &layout::ExecMark::reads, &layout::ExecMark::unsaid_ns}) {
    layout::ExecMark future = mark(own_name(), true);
    future.*field = UINT64_MAX - 1;
    const Before before = look(future);
    CHECK_FALSE(before.is_known);
    CHECK(before.loader_ns == 0);
  }
}

TEST_CASE("another process's mark is as none") {
  layout::ExecMark left = mark(own_name(), false);
  left.birth_ticks++;
  CHECK(look(left).unsaid_ns == 0);
  CHECK(look({}).unsaid_ns == 0);
}
