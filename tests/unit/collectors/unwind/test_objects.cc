#include "collectors/unwind/objects.h"

#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "collectors/unwind/object_slots.h"
#include "tests/unit/collectors/unwind/walk_judge.h"

namespace {

// Small objects that nothing else here uses.
constexpr const char* kOne = "libanl.so.1";
constexpr const char* kOther = "libutil.so.1";

// An address in the code of a loaded object, 0 if it is not there.
uint64_t code_of(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(name) == std::string::npos || line.find("r-xp") == std::string::npos) continue;
    return std::stoull(line, nullptr, 16) + 16;
  }
  return 0;
}

uint32_t generation() {
  return tables::header().generation;
}

size_t objects_entered() {
  size_t n = 0;
  for (layout::Ref at = tables::header().objects; at != 0; n++) {
    at = tables::made<layout::Object>(at)->next;
  }
  return n;
}

const layout::Object& object_of(const CodeRange* range) {
  return *tables::made<layout::Object>(range->object);
}

}  // namespace

TEST_CASE("an object that goes and comes back to its place costs nothing the second time") {
  Walks walks(16);
  size_t entered = 0;
  uint64_t place = 0;
  for (int i = 0; i < 5000; i++) {
    void* handle = dlopen(kOne, RTLD_NOW);
    REQUIRE(handle != nullptr);
    if (place == 0) place = code_of(kOne);
    const CodeRange* range = objects::find(place);
    REQUIRE(range != nullptr);
    if (i == 0) entered = objects_entered();
    dlclose(handle);
    REQUIRE(objects::forget_gone());
  }
  CHECK(objects_entered() == entered);
  CHECK(generation() == 0);
}

TEST_CASE("another object at the same place begins a new generation, each time they change") {
  Walks walks(16);
  uint64_t place = 0;
  for (uint32_t turn = 0; turn < 6; turn++) {
    const char* name = turn % 2 == 0 ? kOne : kOther;
    void* handle = dlopen(name, RTLD_NOW);
    REQUIRE(handle != nullptr);
    const uint64_t here = code_of(name);
    if (place == 0) place = here;
    if (here != place) {
      WARN("the loader does not give the same place again: nothing to see");
      dlclose(handle);
      return;
    }
    const CodeRange* range = objects::find(place);
    REQUIRE(range != nullptr);
    CHECK(generation() == turn);
    CHECK(object_of(range).born == turn);
    CHECK(object_of(range).died == 0);
    dlclose(handle);
    objects::forget_gone();
  }
}

TEST_CASE("code of no object, where an object was, begins a new generation, once") {
  Walks walks(16);
  void* handle = dlopen(kOne, RTLD_NOW);
  REQUIRE(handle != nullptr);
  const uint64_t place = code_of(kOne);
  const CodeRange* range = objects::find(place);
  REQUIRE(range != nullptr);
  const layout::Object& object = object_of(range);
  dlclose(handle);
  objects::forget_gone();
  CHECK(generation() == 0);
  for (int i = 0; i < 3; i++) CHECK(objects::find(place) == nullptr);
  CHECK(generation() == 1);
  CHECK(object.died == 1);
}

TEST_CASE("what a guess leads to is code that cannot be unloaded, or the object asked from") {
  Walks walks(16);
  void* handle = dlopen(kOne, RTLD_NOW);
  REQUIRE(handle != nullptr);
  const uint64_t place = code_of(kOne);
  CHECK(objects::find_permanent(place, nullptr) == nullptr);
  const CodeRange* range = objects::find(place);
  REQUIRE(range != nullptr);
  CHECK(objects::find_permanent(place, nullptr) == nullptr);
  CHECK(objects::find_permanent(place, range) == range);
  CHECK(objects::find_permanent(code_of("libc.so.6"), nullptr) != nullptr);
  dlclose(handle);
  objects::forget_gone();
}

TEST_CASE("the slots of objects that are gone are used again when no fresh one is left") {
  Walks walks(16);
  object_slots::range_count = object_slots::kMaxRanges;
  object_slots::ranges[4000].state = object_slots::kGone;
  void* handle = dlopen(kOne, RTLD_NOW);
  REQUIRE(handle != nullptr);
  const CodeRange* range = objects::find(code_of(kOne));
  CHECK(range == &object_slots::ranges[4000]);
  dlclose(handle);
  object_slots::ranges[4000].state = object_slots::kEmpty;
}
