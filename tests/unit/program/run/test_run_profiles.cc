#include "program/run/run_profiles.h"

#include <catch2/catch.hpp>

#include "program/profiles/profile_file.h"
#include "program/system/console.h"
#include "tests/unit/program/workshop.h"

namespace {

std::string name_in(const std::string& path) {
  program::ProfileFile file;
  std::string error;
  REQUIRE(file.read(path, &error));
  return names_of(file.profile(), 0);
}

}  // namespace

TEST_CASE("every profile of a tree gets names, whatever stands beside it in the list") {
  const Workshop workshop;
  workshop.write("a.c", "int main(void) { return 0; }\n");
  workshop.shell("cc -g -O1 a.c -o a");
  const std::string bytes =
      profile_of(workshop.path("a"), {workshop.address("a", "main")}).SerializeAsString();
  const std::string first = workshop.write("first", bytes);
  const std::string broken = workshop.write("broken", "not a profile");
  const std::string last = workshop.write("last", bytes);
  program::set_level(program::Level::kQuiet);

  program::finish_profiles({first, broken, workshop.path("missing"), last}, false);
  CHECK(name_in(first).empty());
  program::finish_profiles({first, broken, workshop.path("missing"), last}, true);
  CHECK(name_in(first) == "main");
  CHECK(name_in(last) == "main");
  CHECK(workshop.read("broken") == "not a profile");
}
