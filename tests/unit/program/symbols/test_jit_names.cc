#include "program/symbols/jit_names.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "program/symbols/symbolizer.h"
#include "program/system/console.h"
#include "tests/unit/program/workshop.h"

using program::Frame;
using program::jit_frame;
using program::Profile;

namespace {

void add_comment(Profile* profile, const std::string& text) {
  profile->add_comment(add_text(profile, text));
}

// As the encoder writes it: [jit] locations in no mapping, and one [unknown] at no address.
Profile jit_profile(const std::vector<uint64_t>& addresses) {
  Profile profile;
  profile.add_string_table("");
  profile.add_sample_type()->set_type(add_text(&profile, "cpu"));
  for (const char* name : {"[jit]", "[unknown]"}) {
    auto* function = profile.add_function();
    function->set_id(static_cast<uint64_t>(profile.function_size()));
    function->set_name(add_text(&profile, name));
    function->set_system_name(function->name());
  }
  for (const uint64_t address : addresses) {
    auto* location = profile.add_location();
    location->set_id(static_cast<uint64_t>(profile.location_size()));
    location->set_address(address);
    location->add_line()->set_function_id(address == 0 ? 2 : 1);
    auto* sample = profile.add_sample();
    sample->add_location_id(location->id());
    sample->add_value(1);
  }
  REQUIRE(program::fault_of(profile).empty());
  return profile;
}

bool symbolize(const std::string& map, Profile* profile) {
  program::set_level(program::Level::kQuiet);
  const bool changed = add_names(profile, map);
  CHECK(program::fault_of(*profile).empty());
  return changed;
}

void check_split(const std::string& name, const std::string& function, const std::string& file,
                 int64_t line) {
  INFO(name);
  const Frame frame = jit_frame(name);
  CHECK(frame.name == function);
  CHECK(frame.file == file);
  CHECK(frame.line == line);
  CHECK(frame.start_line == line);
  CHECK(frame.system_name == name);
}

}  // namespace

TEST_CASE("a name that ends in a place is a function, a file and a line") {
  check_split("LazyCompile:*foo /path/file.js:12:3", "LazyCompile:*foo", "/path/file.js", 12);
  check_split("JS:*foo file:///srv/a.mjs:7:20", "JS:*foo", "file:///srv/a.mjs", 7);
  check_split("JS:^next node:internal/timers:530:5", "JS:^next", "node:internal/timers", 530);
  check_split("JS:*get size /srv/my files/a b.js:1:2", "JS:*get size", "/srv/my files/a b.js", 1);
  check_split("py::f /usr/lib/python3/a.py:9", "py::f", "/usr/lib/python3/a.py", 9);
  check_split("JS:~f [eval]:3:1", "JS:~f", "[eval]", 3);
}

TEST_CASE("a name that ends in no place stays whole") {
  for (const char* name : {"", " ", "f", "f:12", "Handler 10:30", "a b", "/a.js:1:2", "a.js:1:2",
                           "f /a.js", "f /a.js:", "f /a.js:-1", "f /a.js:99999999999999999999",
                           "f :1:2", "void Main.run(int)", "f a:1:2:3:4 "}) {
    check_split(name, name, "", 0);
  }
}

TEST_CASE("a function without a name is named by its place, so that each has one of its own") {
  check_split("JS:* /a.js:8:12", "JS:* /a.js:8:12", "/a.js", 8);
  check_split("JS:~ file:///a.js:1:2", "JS:~ file:///a.js:1:2", "file:///a.js", 1);
  check_split(" /a.js:1:2", " /a.js:1:2", "/a.js", 1);
}

TEST_CASE("C++ and Rust names are made readable") {
  CHECK(jit_frame("_ZN3foo3barEi").name == "foo::bar");
  CHECK(jit_frame("_ZN3foo3barEi").system_name == "_ZN3foo3barEi");
}

TEST_CASE("[jit] locations get the names of a map, the others stay as they are") {
  const Workshop workshop;
  const std::string map = workshop.write("map", "100 10 f\n110 10 JS:*g /a.js:4:1\n");
  Profile profile = jit_profile({0x104, 0x108, 0x11f, 0x120, 0});
  CHECK(symbolize(map, &profile));
  CHECK(names_of(profile, 0) == "f");
  CHECK(names_of(profile, 1) == "f");
  CHECK(names_of(profile, 2) == "JS:*g");
  CHECK(frames_of(profile, 2)[0].line == 4);
  CHECK(names_of(profile, 3) == "[jit]");
  CHECK(names_of(profile, 4) == "[unknown]");
  CHECK(profile.function_size() == 4);  // one for each name
  CHECK(profile.location(0).line(0).function_id() == profile.location(1).line(0).function_id());
  // A second time, with a better map: only what has no name yet.
  CHECK(symbolize(workshop.write("more", "100 100 h\n"), &profile));
  CHECK(names_of(profile, 0) == "f");
  CHECK(names_of(profile, 3) == "h");
  CHECK_FALSE(symbolize(map, &profile));
}

TEST_CASE("a [jit] function of a mapping is another program's and stays") {
  const Workshop workshop;
  Profile profile = jit_profile({0x104});
  auto* mapping = profile.add_mapping();
  mapping->set_id(1);
  mapping->set_has_functions(true);
  profile.mutable_location(0)->set_mapping_id(1);
  CHECK_FALSE(symbolize(workshop.write("map", "100 10 f\n"), &profile));
}

TEST_CASE("the map is found by the process id in the comments") {
  const std::string pid = std::to_string(getpid());
  const std::string path = "/tmp/perf-" + pid + ".map";
  const Workshop workshop;
  workshop.shell("printf '100 10 f\\n' > " + path);
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"# mode: cpu", "# pid: " + pid}, "f"},
      {{"# pid: " + pid, "# pid: " + pid}, "f"},
      {{"# pid: " + pid, "# pid: 1"}, "[jit]"},  // merged: whose addresses?
      {{"# pid: 1", "# pid: " + pid}, "[jit]"},
      {{}, "[jit]"},
      {{"# pid: ../../tmp/perf-" + pid}, "[jit]"},
      {{"# pid: "}, "[jit]"},
      {{"# pid: -" + pid}, "[jit]"},
      {{"# pid: 99999999999999999999"}, "[jit]"},
  };
  for (const auto& [comments, expected] : cases) {
    Profile profile = jit_profile({0x104});
    for (const std::string& comment : comments) add_comment(&profile, comment);
    CHECK(symbolize("", &profile) == (expected == "f"));
    CHECK(names_of(profile, 0) == expected);
  }
  Profile later = jit_profile({0x104});
  add_comment(&later, "# pid: " + pid);
  later.set_time_nanos(INT64_MAX);
  CHECK_FALSE(symbolize("", &later));
  unlink(path.c_str());
  Profile none = jit_profile({0x104});
  add_comment(&none, "# pid: " + pid);
  CHECK_FALSE(symbolize("", &none));
}

TEST_CASE("names of any bytes become text that protobuf takes, of a bounded length") {
  const Workshop workshop;
  std::string map("100 10 a\0b\x1b[2J\xff\xc3\n", 17);
  map += "110 10 " + std::string(100000, 'x') + "\n";
  map += "120 10 [jit]\n";
  Profile profile = jit_profile({0x100, 0x110, 0x120});
  CHECK(symbolize(workshop.write("map", map), &profile));
  CHECK(names_of(profile, 0) == "a?b?[2J??");
  CHECK(names_of(profile, 1) == std::string(4096, 'x'));
  CHECK(names_of(profile, 2) == "[jit]");
  std::string bytes;
  CHECK(profile.SerializeToString(&bytes));
  CHECK(Profile().ParseFromString(bytes));
}
