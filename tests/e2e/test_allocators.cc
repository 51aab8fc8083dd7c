// The heap under other allocators than libc's: preloaded behind us, before us, linked in, or the
// program's own.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"
#include "tests/e2e/sites.h"

using namespace e2e;

namespace {

struct Allocator {
  const char* name;
  const char* file;
};
constexpr Allocator kAllocators[] = {{"jemalloc", "libjemalloc.so.2"},
                                     {"tcmalloc", "libtcmalloc.so.4"},
                                     {"mimalloc", "libmimalloc.so.2"}};

std::string path_of(const Allocator& allocator) {
  const std::string path = std::string("/usr/lib/x86_64-linux-gnu/") + allocator.file;
  return !read_file(path).empty() ? path : "";
}

void check_sites(const ProfileFile& profile, const std::string& out) {
  const std::vector<Site> sites = sites_of(out);
  REQUIRE(sites.size() >= 3);
  for (const Site& site : sites) {
    INFO("site: " << site.name);
    const bool in_libc = site.name == "site_strdup";
    const auto at = [&](const char* type) {
      return in_libc ? profile.containing(type, site.name) : profile.at_leaf(type, site.name);
    };
    CHECK(at("alloc_objects") == site.objects);
    CHECK(at("alloc_space") == site.bytes);
    CHECK(at("inuse_objects") == site.live_objects);
    CHECK(at("inuse_space") == site.live_bytes);
  }
}

void check_exact(const std::vector<std::string>& command, const std::string& preload) {
  INFO("LD_PRELOAD=" << preload);
  TemporaryDirectory output;
  const Outcome ours = run(
      profiled({command}, "heap", output, {{"PROFILER_HEAP_RATE", "1"}, {"LD_PRELOAD", preload}}));
  CHECK(ours.err.empty());
  const std::vector<std::string> files = output.profiles("heap");
  REQUIRE(files.size() == 1);
  check_sites(ProfileFile(files[0]), ours.out);
}

void under_each(const std::vector<std::string>& command) {
  for (const Allocator& allocator : kAllocators) {
    const std::string path = path_of(allocator);
    if (path.empty()) {
      skip(allocator.name, "not installed");
      continue;
    }
    check_exact(command, library() + ":" + path);
    check_exact(command, path + ":" + library());
  }
}

}  // namespace

TEST_CASE("every way to allocate is exact under each allocator, in both orders of LD_PRELOAD") {
  under_each({target("heap_sites"), "portable"});
}

TEST_CASE("an allocator's own entry points are counted once, in both orders of LD_PRELOAD") {
  check_exact({target("allocator_calls")}, library());
  under_each({target("allocator_calls")});
}

TEST_CASE("the functions of an allocator that call each other by name are counted once") {
  const std::string preload = library() + ":" + target("delegating_allocator.so");
  check_exact({target("heap_sites"), "portable"}, preload);
  // Where every allocation is a sample the guard alone would do; where few are, it must be the
  // countdown that is not taken twice.
  TemporaryDirectory output;
  run(profiled({{target("errno_keeper")}}, "heap", output,
               {{"PROFILER_HEAP_RATE", "4096"}, {"LD_PRELOAD", preload}}));
  const ProfileFile profile(only(output.profiles("heap")));
  const auto objects = static_cast<double>(profile.at_leaf("alloc_objects", "main"));
  CHECK(objects == Approx(900000).epsilon(0.1));  // counted twice: 1,500,000
}

TEST_CASE("an allocator reads its own environment, as it would without us") {
  const std::string jemalloc = path_of(kAllocators[0]);
  if (jemalloc.empty()) return skip("jemalloc", "not installed");
  const Command command{{target("idle"), "0"}};
  const auto lines = [&](const std::string& modes, const std::string& preload) {
    TemporaryDirectory output;
    return run(profiled(command, modes, output,
                        {{"LD_PRELOAD", preload}, {"MALLOC_CONF", "stats_print:true"}}))
        .error_lines()
        .size();
  };
  const size_t bare = lines("", jemalloc);
  REQUIRE(bare > 50);
  CHECK(lines("heap", library() + ":" + jemalloc) == bare);
  CHECK(lines("heap", jemalloc + ":" + library()) == bare);
}

TEST_CASE("a program that may not make children ends as it would") {
  TemporaryDirectory output;
  const std::string preload = "LD_PRELOAD=" + library();
  const Outcome ours = run({{target("no_children"), "/usr/bin/env", preload, "PROFILER_MODE=heap",
                             "PROFILER_SYMBOLIZE=none", "PROFILER_OUTPUT=" + output.path() + "/",
                             target("errno_keeper")}});
  CHECK(ours.end() == "exit 0");
  CHECK(output.profiles("heap").size() == 1);
}

TEST_CASE("a host that asks whether it has jemalloc gets the true answer") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("allocator_calls")}}, "heap", output);
  CHECK(lines_of(ours.out).at(0).empty());
}

TEST_CASE(
    "while heap is off a program's calls go past the profiler, and its slots stay read-only") {
  for (const std::string name : {"malloc_slot", "malloc_slot_relro", "malloc_slot_fixed"}) {
    INFO(name);
    const std::string how = name == "malloc_slot_relro" ? "r--p" : "rw-p";
    TemporaryDirectory output;
    const Command bare{{target(name)}};
    const std::string past = "libc.so.6 " + how + "\n";
    CHECK(run(profiled(bare, "cpu", output)).out == past + past);
    const std::string here = "libprofiler.so " + how + "\n";
    const std::vector<std::string> counted = lines_of(run(profiled(bare, "heap", output)).out);
    REQUIRE(counted.size() == 2);
    CHECK(counted[1] + "\n" == here);  // the first may not be bound yet
  }
}

TEST_CASE("a program that defines malloc itself is reported, in one line and in the comments") {
  TemporaryDirectory output;
  const Command command{{target("own_malloc")}};
  const Outcome ours = run(profiled(command, "heap", output));
  CHECK(ours.out == "mine 1\n");
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.error_lines()[0].find("it defines malloc") != std::string::npos);
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.all_comments().find("defines malloc itself") != std::string::npos);
  same_as_bare(command, "cpu", output);
}

TEST_CASE("a program with a hole between its segments keeps its own malloc in every object") {
  TemporaryDirectory output;
  const Command command{{target("own_malloc_beyond_hole")}};
  const Outcome bare = run(command);
  CHECK(bare.out == "mine 1\n");
  const Outcome cpu = run(profiled(command, "cpu", output));
  CHECK(cpu.end() == "exit 0");
  CHECK(cpu.out == bare.out);
  const Outcome heap = run(profiled(command, "heap", output));
  CHECK(heap.out == bare.out);
  CHECK(heap.err.find("it defines malloc") != std::string::npos);
}

TEST_CASE("a program with LeakSanitizer has a cpu profile, and its runtime says nothing of us") {
  TemporaryDirectory output;
  const Outcome plain = same_as_bare({{target("with_lsan")}}, "cpu", output);
  CHECK(plain.out == "burnt\n");
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(cpu.at_leaf("cpu", "site_burn") > 100000000);
  // What it finds has addresses.
  TemporaryDirectory of_leaks;
  const Command leaks{{target("with_lsan"), "leak"}};
  const Outcome bare = run(leaks), ours = run(profiled(leaks, "cpu,heap,wall", of_leaks));
  CHECK(ours.end() == bare.end());
  CHECK(ours.out == bare.out);
  CHECK(ours.err.find("REAL(") == std::string::npos);
}

TEST_CASE("under a sanitizer's runtime and under valgrind it works, or says in a line why not") {
  const Command command{{target("with_asan")}};
  TemporaryDirectory output;
  SECTION("AddressSanitizer refuses to stand behind us, which is said with the way out") {
    const Outcome ours = run(profiled(command, "cpu,heap", output));
    CHECK(ours.end() == run(profiled(command, "", output)).end());
    const std::vector<std::string> lines = ours.error_lines();
    REQUIRE(!lines.empty());
    CHECK(lines[0].find("profiler: this program has AddressSanitizer") == 0);
    CHECK(lines[0].find("LD_PRELOAD=/") != std::string::npos);
  }
  SECTION("and is put first by the companion") {
    const Outcome ours = run({{program(), "run", "--mode", "cpu,heap", "--heap-rate", "1",
                               "--output", output.path() + "/", "--", target("with_asan")}});
    CHECK(ours.end() == "exit 0");
    check_sites(ProfileFile(only(output.profiles("heap"))), ours.out);
  }
  SECTION("valgrind's program is profiled, its names come later") {
    const Command bare{{"valgrind", "-q", target("errno_keeper")}};
    const Outcome ours = run(profiled(bare, "cpu,heap", output));
    CHECK(ours.end() == "exit 0");
    CHECK(ours.out == "errno changed 0 times\n");
    REQUIRE(ours.error_lines().size() == 1);
    CHECK(ours.error_lines()[0].find("under valgrind") != std::string::npos);
  }
}

namespace {

ProfileFile heap_of(const std::string& name, const std::string& how) {
  TemporaryDirectory output;
  const Outcome ours =
      same_as_bare({{target(name), how}}, "heap", output, {{"PROFILER_HEAP_RATE", "1"}});
  CHECK(ours.end() == "exit 0");
  return ProfileFile(only(output.profiles("heap")));
}

}  // namespace

TEST_CASE("libc's second names for malloc and free are counted") {
  const ProfileFile profile = heap_of("own_names", "libc");
  CHECK(profile.at_leaf("alloc_objects", "site_named") == 100);
  CHECK(profile.at_leaf("inuse_objects", "site_named") == 0);
  CHECK(profile.at_leaf("alloc_space", "site_libc") == 100 * 5000);
  CHECK(profile.at_leaf("inuse_objects", "site_libc") == 0);
}

TEST_CASE("malloc and free from libc's handle are counted") {
  const ProfileFile profile = heap_of("own_names", "handle");
  CHECK(profile.at_leaf("inuse_objects", "site_named") == 0);
  CHECK(profile.at_leaf("alloc_space", "site_handle") == 100 * 2000);
  CHECK(profile.at_leaf("inuse_objects", "site_handle") == 0);
}

TEST_CASE("blocks that were freed past the profiler are said once their addresses come back") {
  const std::string comments = heap_of("own_names", "past").all_comments();
  const std::string line = "blocks that were freed past the profiler: ";
  const size_t at = comments.find("\n" + line);
  REQUIRE(at != std::string::npos);
  CHECK(std::stoi(comments.substr(at + 1 + line.size())) > 50);
  CHECK(heap_of("own_names", "libc").all_comments().find("# " + line + "0") != std::string::npos);
}

TEST_CASE("a malloc of the program that hands on is seen, and nothing else is said") {
  const ProfileFile profile = heap_of("own_names_forward", "");
  CHECK(profile.containing("alloc_objects", "site_named") == 100);
  CHECK(profile.all_comments().find("defines malloc itself") == std::string::npos);
}

TEST_CASE("an allocator inside the program under a name of its own is said, with its name") {
  const std::string comments = heap_of("own_names", "inside").all_comments();
  CHECK(comments.find("not seen: 6") != std::string::npos);
  CHECK(comments.find("has an allocator of its own, _rjem_malloc") != std::string::npos);
}
