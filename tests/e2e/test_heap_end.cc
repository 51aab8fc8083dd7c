// In use is what is held when exit is entered or main returns, whatever destructors free then.
#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const Environment kEvery = {{"PROFILER_HEAP_RATE", "1"}};
constexpr int64_t kCacheBlocks = 50, kCacheBytes = 50 * 4096;

void check_cache(const ProfileFile& profile) {
  CHECK(profile.at_leaf("inuse_objects", "site_cache") == kCacheBlocks);
  CHECK(profile.at_leaf("inuse_space", "site_cache") == kCacheBytes);
  CHECK(profile.at_leaf("alloc_objects", "site_cache") == kCacheBlocks + 1);  // a realloc
  CHECK(profile.at_leaf("inuse_objects", "site_late") == 0);
}

}  // namespace

TEST_CASE("a cache in a global that its destructor frees is in use at the end") {
  for (const std::string how : {"return", "exit", "_exit", "quick_exit"}) {
    INFO(how);
    TemporaryDirectory output;
    same_as_bare({{target("frees_at_end"), how}}, "heap", output, kEvery);
    const ProfileFile profile(only(output.profiles("heap")));
    check_cache(profile);
    // Of the destructor's own: it runs at the first two ends only.
    const bool runs = how == "return" || how == "exit";
    CHECK(profile.at_leaf("alloc_objects", "site_late") == (runs ? kCacheBlocks : 0));
  }
}

TEST_CASE("another thread that allocates and frees meanwhile changes nothing of that") {
  TemporaryDirectory output;
  same_as_bare({{target("frees_at_end"), "beside"}}, "heap", output, kEvery);
  check_cache(ProfileFile(only(output.profiles("heap"))));
}

TEST_CASE("a child forked by a handler at exit follows its own blocks") {
  TemporaryDirectory output;
  same_as_bare({{target("frees_at_end"), "fork"}}, "heap", output, kEvery);
  const std::vector<std::string> paths = output.profiles("heap");
  REQUIRE(paths.size() == 2);
  int children = 0;
  for (const std::string& path : paths) {
    const ProfileFile profile(path);
    if (!profile.has_function("site_child")) {
      check_cache(profile);
      continue;
    }
    children++;
    CHECK(profile.at_leaf("inuse_objects", "site_child") == 2);
    CHECK(profile.at_leaf("inuse_space", "site_child") == 2000);
    CHECK(profile.at_leaf("alloc_objects", "site_child") == 3);
    CHECK(profile.at_leaf("inuse_objects", "site_cache") == 0);
  }
  CHECK(children == 1);
}

TEST_CASE("an exec that fails in a handler at exit leaves what is in use as it was") {
  TemporaryDirectory output, directory;
  const std::string path = directory / "no_program";
  write_file(path, std::string(4, '\0'));
  chmod(path.c_str(), 0755);
  same_as_bare({{target("frees_at_end"), "exec", path}}, "heap", output, kEvery);
  check_cache(ProfileFile(only(output.profiles("heap"))));
}

TEST_CASE("a profile whose in-use value is empty says why") {
  TemporaryDirectory output;
  same_as_bare({{"/bin/true"}}, "heap", output, kEvery);
  const ProfileFile profile(only(output.profiles("heap")));
  const bool is_empty = profile.total("inuse_space") == 0 && profile.total("alloc_space") > 0;
  CHECK(is_empty == (profile.all_comments().find("in use: nothing") != std::string::npos));
}
