// What the symbolizer must leave alone, and what it must survive.
#include <catch2/catch.hpp>
#include <random>

#include "program/symbols/symbolizer.h"
#include "tests/unit/program/workshop.h"

using program::Profile;

namespace {

constexpr const char* kSource =
    "static inline int leaf(int n) { return n * n; }\n"
    "__attribute__((noinline)) int outer(int n) { return leaf(n) + leaf(n + 1); }\n"
    "int main(int count, char **words) { return outer(count) + (words != 0); }\n";

void check_flags(const Profile& profile, bool named) {
  for (const auto& mapping : profile.mapping()) {
    CHECK(mapping.has_functions() == named);
    CHECK(mapping.has_filenames() == named);
    CHECK(mapping.has_line_numbers() == named);
    CHECK(mapping.has_inline_frames() == named);
  }
}

}  // namespace

TEST_CASE("a file with another build id than the one that ran is not used") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 -Wl,--build-id=0x1111111111111111 a.c -o a");
  Profile profile = profile_of(workshop.path("a"), {workshop.address("a", "main")});
  workshop.shell("cc -g -O1 -Wl,--build-id=0x2222222222222222 a.c -o a");
  CHECK_FALSE(add_names(&profile));
  CHECK(profile.location(0).line_size() == 0);
  check_flags(profile, false);
}

TEST_CASE("a file that is gone leaves the addresses") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  Profile profile = profile_of(workshop.path("a"), {workshop.address("a", "main")});
  workshop.shell("rm a && mkfifo a");
  CHECK_FALSE(add_names(&profile));
  check_flags(profile, false);
}

TEST_CASE("what has names already, and pseudo mappings, stay as they are") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  Profile profile = profile_of(workshop.path("a"), {workshop.address("a", "main")});
  auto* function = profile.add_function();
  function->set_id(~uint64_t{0});
  function->set_name(add_text(&profile, "[lost]"));
  profile.mutable_location(0)->add_line()->set_function_id(function->id());
  auto* vdso = profile.add_mapping();
  vdso->set_id(99);
  vdso->set_filename(add_text(&profile, "[vdso]"));
  auto* unnamed = profile.add_location();
  unnamed->set_id(98);
  unnamed->set_mapping_id(99);
  add_names(&profile);
  CHECK(names_of(profile, 0) == "[lost]");
  CHECK(names_of(profile, 1) == "");
  CHECK(profile.mapping(0).has_functions());
  CHECK_FALSE(profile.mapping(1).has_functions());
}

TEST_CASE("addresses outside of the file's segments still get a name") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  Profile profile = profile_of(workshop.path("a"), {workshop.address("a", "main")});
  for (const uint64_t address : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 63}) {
    profile.mutable_location(0)->set_address(address);
    profile.mutable_location(0)->clear_line();
    for (auto& mapping : *profile.mutable_mapping()) mapping.set_has_functions(false);
    CHECK(add_names(&profile));
    CHECK(names_of(profile, 0).starts_with("a+0x"));
  }
}

TEST_CASE("a damaged file costs names, not the process") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  const uint64_t outer = workshop.address("a", "outer");
  Profile profile = profile_of(workshop.path("a"), {outer, outer + 3, outer + 9});
  profile.mutable_mapping(0)->clear_build_id();
  const std::string whole = workshop.read("a");
  std::mt19937 random(20240607);
  int named = 0;
  for (int i = 0; i < 200; i++) {
    std::string bytes = whole;
    const size_t span = i % 3 == 0 ? 4096 : bytes.size();  // the headers are in the first page
    for (int flips = 1 + i % 16; flips > 0; flips--) {
      bytes[random() % span] = static_cast<char>(random());
    }
    if (i % 10 == 0) bytes.resize(random() % bytes.size());
    workshop.write("a", bytes);
    Profile copy = profile;
    named += add_names(&copy) ? 1 : 0;
    REQUIRE(program::fault_of(copy).empty());
  }
  CHECK(named > 0);
  CHECK(named < 200);
}
