#include "program/symbols/symbolizer.h"

#include <catch2/catch.hpp>

#include "tests/unit/program/workshop.h"

using program::Frame;
using program::Profile;

namespace {

// The labels are symbols inside inlined code: addresses whose place in the source is known.
constexpr const char* kInlining = R"(
#define MARK(name) __asm__ volatile(".globl " #name "\n" #name ": nop")
volatile int sink;
static inline __attribute__((always_inline)) void leaf(int n) {
  sink += n; MARK(in_leaf);
}
static inline __attribute__((always_inline)) void middle(int n) {
  leaf(n + 1);
  sink += n; MARK(in_middle);
}
__attribute__((noinline)) void outer(int n) {
  middle(n);
  sink += n; MARK(in_outer);
}
int main(void) {
  outer(1);
  return 0;
}
)";

struct Place {
  const char* symbol;
  const char* names;
  int64_t line;
};
constexpr Place kPlaces[] = {{"in_leaf", "leaf < middle < outer", 5},
                             {"in_middle", "middle < outer", 9},
                             {"in_outer", "outer", 13}};

void check_inlining(const Workshop& workshop, const std::string& file, const std::string& symbols) {
  std::vector<uint64_t> addresses;
  for (const Place& place : kPlaces) addresses.push_back(workshop.address(symbols, place.symbol));
  Profile profile = profile_of(workshop.path(file), addresses);
  REQUIRE(profile.location_size() == 3);
  CHECK(add_names(&profile));
  REQUIRE(program::fault_of(profile) == "");
  for (int i = 0; i < 3; i++) {
    INFO(kPlaces[i].symbol);
    CHECK(names_of(profile, i) == kPlaces[i].names);
    const std::vector<Frame> frames = frames_of(profile, i);
    REQUIRE_FALSE(frames.empty());
    CHECK(frames[0].line == kPlaces[i].line);
    CHECK(frames[0].file == workshop.path("a.c"));
  }
  const std::vector<Frame> stack = frames_of(profile, 0);
  REQUIRE(stack.size() == 3);
  CHECK(stack[0].start_line == 4);
  CHECK(stack[1].line == 8);
  CHECK(stack[2].line == 12);
  CHECK(stack[2].start_line == 11);
}

void check_flags(const Profile& profile, bool named) {
  for (const auto& mapping : profile.mapping()) {
    CHECK(mapping.has_functions() == named);
    CHECK(mapping.has_filenames() == named);
    CHECK(mapping.has_line_numbers() == named);
    CHECK(mapping.has_inline_frames() == named);
  }
}

bool has_program(const Workshop& workshop, const std::string& name) {
  return !workshop.shell("command -v " + name + " || true").empty();
}

}  // namespace

TEST_CASE("inlined frames have names, files, lines and first lines in every layout") {
  const Workshop workshop;
  workshop.write("a.c", kInlining);
  const char* commands[] = {
      "cc -g -O2 a.c -o a",          // PIE
      "cc -g -O2 -no-pie a.c -o a",  // position-dependent
      "cc -gdwarf-4 -O2 a.c -o a",
      "cc -g -O2 -Wl,-z,noseparate-code a.c -o a",  // code and headers in one segment
      "cc -g -O2 -gz a.c -o a",                     // compressed sections
      "cc -g -O2 -ffunction-sections -Wl,--gc-sections a.c -o a",
      "cc -g -O2 -Wl,-Ttext-segment=0x10000000 a.c -o a",
      "cc -g -O2 -gsplit-dwarf a.c -o a",
  };
  for (const char* command : commands) {
    INFO(command);
    workshop.shell(command);
    check_inlining(workshop, "a", "a");
  }
}

TEST_CASE("clang's debug information, which has no .debug_aranges, is read as well") {
  const Workshop workshop;
  if (!has_program(workshop, "clang")) return;
  workshop.write("a.c", kInlining);
  workshop.shell("clang -g -O2 a.c -o a");
  check_inlining(workshop, "a", "a");
}

TEST_CASE("lld's layout, whose segments share pages of the file, is read as well") {
  const Workshop workshop;
  if (!has_program(workshop, "ld.lld")) return;
  workshop.write("a.c", kInlining);
  workshop.shell("cc -g -O2 -fuse-ld=lld a.c -o a");
  check_inlining(workshop, "a", "a");
}

TEST_CASE("a separate debug file is found by its debuglink") {
  const Workshop workshop;
  workshop.write("a.c", kInlining);
  workshop.shell(
      "cc -g -O2 a.c -o full && cp full a && objcopy --only-keep-debug a a.debug && "
      "strip a && objcopy --add-gnu-debuglink=a.debug a");
  check_inlining(workshop, "a", "full");
}

TEST_CASE("without debug information the symbols name") {
  const Workshop workshop;
  workshop.write("a.c", kInlining);
  workshop.shell("cc -O2 -fno-ipa-icf a.c -o a");
  Profile profile = profile_of(workshop.path("a"), {workshop.address("a", "main") + 1});
  CHECK(add_names(&profile));
  CHECK(names_of(profile, 0) == "main");
  CHECK(frames_of(profile, 0)[0].line == 0);
  check_flags(profile, true);
}

TEST_CASE("dynamic symbols name a stripped shared object, the plain name before its aliases") {
  const Workshop workshop;
  workshop.write("a.c",
                 "int __real_work(int n) { return n * 3; }\n"
                 "int work(int n) __attribute__((weak, alias(\"__real_work\")));\n"
                 "static __attribute__((noinline)) int hidden(int n) { return n * n / 7; }\n"
                 "int use(int n) { return hidden(n) + 1; }\n");
  workshop.shell("cc -O1 -fPIC -shared a.c -o a.so && cp a.so full && strip a.so");
  const uint64_t hidden = workshop.address("full", "hidden");
  Profile profile =
      profile_of(workshop.path("a.so"), {workshop.address("full", "work"), hidden, hidden + 2});
  CHECK(add_names(&profile));
  CHECK(names_of(profile, 0) == "work");
  char expected[64];
  snprintf(expected, sizeof expected, "a.so+0x%lx", hidden);
  CHECK(names_of(profile, 1) == expected);
  CHECK(names_of(profile, 2) == expected);
  check_flags(profile, true);
}

TEST_CASE("a plain alias is a better name than the reserved one that DWARF has") {
  const Workshop workshop;
  workshop.write("a.c",
                 "int __libc_work(int n) { return n * 3; }\n"
                 "int work(int n) __attribute__((weak, alias(\"__libc_work\")));\n"
                 "int _own(int n) { return n * 5; }\n");
  workshop.shell("cc -g -O1 -fPIC -shared a.c -o a.so");
  Profile profile = profile_of(
      workshop.path("a.so"), {workshop.address("a.so", "work"), workshop.address("a.so", "_own")});
  CHECK(add_names(&profile));
  CHECK(names_of(profile, 0) == "work");
  CHECK(frames_of(profile, 0)[0].line == 1);
  CHECK(names_of(profile, 1) == "_own");
}

TEST_CASE("samples of one stripped function add up under its start") {
  const Workshop workshop;
  workshop.write("a.c", kInlining);
  workshop.shell("cc -O2 a.c -o full && cp full a && strip a");
  const uint64_t outer = workshop.address("full", "outer");
  Profile profile = profile_of(workshop.path("a"), {outer, outer + 1, outer + 7});
  CHECK(add_names(&profile));
  char expected[64];
  snprintf(expected, sizeof expected, "a+0x%lx", outer);
  for (int i = 0; i < 3; i++) CHECK(names_of(profile, i) == expected);
  CHECK(profile.function_size() == 1);
  CHECK(frames_of(profile, 0)[0].system_name == expected);
}

TEST_CASE("an address that nothing names is called by itself") {
  const Workshop workshop;
  workshop.write("a.c", "int main(void) { return 0; }\n");
  workshop.shell(
      "cc -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables a.c -o full && "
      "cp full a && strip a");
  const uint64_t main_at = workshop.address("full", "main");
  Profile profile = profile_of(workshop.path("a"), {main_at});
  CHECK(add_names(&profile));
  char expected[64];
  snprintf(expected, sizeof expected, "a+0x%lx", main_at);
  CHECK(names_of(profile, 0) == expected);
}

TEST_CASE("C++ functions have a short name and a mangled one") {
  const Workshop workshop;
  workshop.write(
      "a.cc",
      "#define MARK(name) __asm__ volatile(\".globl \" #name \"\\n\" #name \": nop\")\n"
      "volatile int sink;\n"
      "namespace ns { template <typename T> struct Widget {\n"
      "  __attribute__((noinline)) void grow(T n) { sink += n; MARK(in_grow); } }; }\n"
      "namespace { __attribute__((noinline)) void quiet() { sink++; MARK(in_quiet); } }\n"
      "int main() { ns::Widget<int>().grow(1); quiet(); }\n");
  for (const char* flags : {"-g", "", "-g1"}) {
    INFO(flags);
    workshop.shell(std::string("c++ -O1 ") + flags + " a.cc -o a");
    Profile profile = profile_of(workshop.path("a"), {workshop.address("a", "in_grow") - 1,
                                                      workshop.address("a", "in_quiet") - 1});
    CHECK(add_names(&profile));
    CHECK(names_of(profile, 0) == "ns::Widget::grow");
    CHECK(frames_of(profile, 0)[0].system_name == "_ZN2ns6WidgetIiE4growEi");
    CHECK(names_of(profile, 1) == "(anonymous namespace)::quiet");
  }
}

TEST_CASE("a heap profile begins at the caller of the allocator once it has names") {
  const Workshop workshop;
  workshop.write("a.c",
                 "__attribute__((noinline)) void *malloc(unsigned long n) { return (void *)n; }\n"
                 "int main(void) { return malloc(3) != 0; }\n");
  workshop.shell("cc -g -O1 -fno-builtin a.c -o a");
  const uint64_t malloc_at = workshop.address("a", "malloc");
  const uint64_t main_at = workshop.address("a", "main");
  for (const bool heap : {true, false}) {
    Profile profile = profile_of(workshop.path("a"), {malloc_at, main_at});
    auto* stack = profile.mutable_sample(0);
    stack->add_location_id(2);
    profile.mutable_sample()->DeleteSubrange(1, 1);
    if (heap) profile.mutable_sample_type(0)->set_type(add_text(&profile, "alloc_space"));
    CHECK(add_names(&profile));
    CHECK(profile.sample(0).location_id_size() == (heap ? 1 : 2));
    CHECK(names_of(profile, 0) == (heap ? "main" : "malloc"));
  }
}
