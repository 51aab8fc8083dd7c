#include "program/symbols/plt_stubs.h"

#include <catch2/catch.hpp>
#include <cstdio>

#include "program/symbols/symbolizer.h"
#include "tests/unit/program/workshop.h"

using program::Profile;

namespace {

bool has_linker(const Workshop& workshop, const std::string& name) {
  const bool found = !workshop.shell("command -v ld." + name + " || true").empty();
  if (!found) printf("not checked here: stubs as ld.%s writes them: it is missing\n", name.c_str());
  return found;
}

// Where the program calls the function: the stub that the call instruction names. Of a call through
// two stubs (.plt.sec, .plt) the second has no caller but the loader.
std::vector<uint64_t> calls_in(const Workshop& workshop, const std::string& file) {
  std::vector<uint64_t> targets;
  const std::string listing =
      workshop.shell("objdump -d --no-show-raw-insn --disassemble=caller " + file +
                     " | sed -n 's/.*call  *\\([0-9a-f]*\\) .*/\\1 /p'");
  for (size_t at = 0; at < listing.size(); at = listing.find('\n', at) + 1) {
    targets.push_back(std::stoull(listing.substr(at), nullptr, 16));
  }
  return targets;
}

void check_stubs(const Workshop& workshop, const std::string& flags) {
  INFO(flags);
  workshop.shell("cc -O1 a.c -o a -L. -lb " + flags);
  const std::vector<uint64_t> targets = calls_in(workshop, "a");
  REQUIRE(targets.size() == 2);
  workshop.shell("strip a");
  Profile profile =
      profile_of(workshop.path("a"), {targets[0], targets[0] + 7, targets[1], targets[1] + 4});
  CHECK(add_names(&profile));
  CHECK(names_of(profile, 0) == "callee@plt");
  CHECK(names_of(profile, 1) == "callee@plt");
  CHECK(names_of(profile, 2) == "other@plt");
  CHECK(names_of(profile, 3) == "other@plt");
}

void build(const Workshop& workshop) {
  workshop.write("b.c", "int callee(int n) { return n + 1; }\nint other(int n) { return n; }\n");
  workshop.write(
      "a.c",
      "int callee(int), other(int);\n"
      "__attribute__((noinline)) int caller(int n) { return callee(n) + other(n) + 1; }\n"
      "int main(void) { return caller(1); }\n");
  workshop.shell("cc -shared -fPIC b.c -o libb.so");
}

}  // namespace

// Half the time of a loop that calls a library stood under the whole section: `plt+0x1020`.
TEST_CASE("a stub has the name of what it calls, in the layout of each linker") {
  const Workshop workshop;
  build(workshop);
  const struct {
    const char* name;
    const char* with_ibt;
  } linkers[] = {
      {"bfd", "-Wl,-z,ibtplt"}, {"gold", ""}, {"lld", "-Wl,-z,force-ibt"}, {"mold", "-Wl,-z,ibt"}};
  for (const auto& linker : linkers) {
    if (!has_linker(workshop, linker.name)) continue;
    const std::string base = std::string("-fuse-ld=") + linker.name;
    for (const std::string binding : {" -Wl,-z,lazy", " -Wl,-z,now", " -no-pie -Wl,-z,lazy"}) {
      check_stubs(workshop, base + " -fcf-protection=none" + binding);
      check_stubs(workshop,
                  base + " -fcf-protection=branch 2> /dev/null " + linker.with_ibt + binding);
    }
  }
}

TEST_CASE("a function whose address is taken too has its stub in .plt.got") {
  const Workshop workshop;
  build(workshop);
  workshop.write("more.c",
                 "int callee(int), other(int);\n"
                 "int (*const functions[])(int) = {callee, other};\n");
  check_stubs(workshop, "-fcf-protection=none -fPIE -pie more.c");
  check_stubs(workshop, "-fcf-protection=branch -fPIE -pie more.c");
}

TEST_CASE("a stub with IBT that only the first call comes through has the name as well") {
  const Workshop workshop;
  build(workshop);
  workshop.shell("cc -O1 a.c -o a -L. -lb -fcf-protection=branch -Wl,-z,ibtplt -Wl,-z,lazy");
  const std::string line = workshop.shell("objdump -h a | awk '$2 == \".plt\" {printf $4}'");
  const uint64_t plt = std::stoull(line, nullptr, 16);
  Profile profile = profile_of(workshop.path("a"), {plt + 16, plt + 32});
  CHECK(add_names(&profile));
  const std::string names = names_of(profile, 0) + " " + names_of(profile, 1);
  CHECK((names == "callee@plt other@plt" || names == "other@plt callee@plt"));
}

TEST_CASE("a stub of an indirect function and of a C++ function has its readable name") {
  const Workshop workshop;
  workshop.write("a.cc",
                 "extern \"C\" { static int plain(int n) { return n; }\n"
                 "int (*choose(void))(int) { return plain; }\n"
                 "__attribute__((visibility(\"hidden\"), ifunc(\"choose\"))) int chosen(int); }\n"
                 "namespace ns { int visible(int n) { return n * 2; } }\n"
                 "extern \"C\" int caller(int n) { return ns::visible(n) + chosen(n) + 1; }\n");
  workshop.shell("c++ -O1 -fPIC -fno-inline -shared a.cc -o a.so");
  const std::vector<uint64_t> targets = calls_in(workshop, "a.so");
  REQUIRE(targets.size() == 2);
  Profile profile = profile_of(workshop.path("a.so"), targets);
  CHECK(add_names(&profile));
  CHECK(names_of(profile, 0) == "ns::visible@plt");
  CHECK(frames_of(profile, 0)[0].system_name == "_ZN2ns7visibleEi@plt");
  CHECK(names_of(profile, 1) == "choose@plt");
}
