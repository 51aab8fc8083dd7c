// PROFILER_HEAP_RATE=1: every allocation is recorded, so every number is known.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"
#include "tests/e2e/sites.h"

using namespace e2e;

namespace {

const Environment kEvery = {{"PROFILER_HEAP_RATE", "1"}};

int64_t value_at(const ProfileFile& profile, const std::string& type, const Site& site) {
  // strdup allocates in libc: the first frame is libc's, ours is its caller.
  return site.name == "site_strdup" ? profile.containing(type, site.name)
                                    : profile.at_leaf(type, site.name);
}

void check_site(const ProfileFile& profile, const Site& site) {
  INFO("site: " << site.name);
  CHECK(value_at(profile, "alloc_objects", site) == site.objects);
  CHECK(value_at(profile, "alloc_space", site) == site.bytes);
  CHECK(value_at(profile, "inuse_objects", site) == site.live_objects);
  CHECK(value_at(profile, "inuse_space", site) == site.live_bytes);
}

}  // namespace

TEST_CASE("at rate 1 every way to allocate is exact to the byte and the object, at its caller") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("heap_sites")}}, "heap", output, kEvery);
  const ProfileFile profile(only(output.profiles("heap")));
  const std::vector<Site> sites = sites_of(ours.out);
  REQUIRE(sites.size() == 38);
  for (const Site& site : sites) check_site(profile, site);
  // One of libc's names for it.
  const std::vector<std::string> names = profile.function_names();
  CHECK(std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "strdup" || name == "__strdup" || name == "__GI___strdup";
  }));
}

TEST_CASE("the heap profile says what it is: types in order, default, period, block sizes") {
  TemporaryDirectory output;
  run(profiled({{target("heap_sites")}}, "heap,allocs", output, kEvery));
  const ProfileFile heap(only(output.profiles("heap")));
  const ProfileFile allocs(only(output.profiles("allocs")));
  const std::vector<std::string> types = {"alloc_objects/count", "alloc_space/bytes",
                                          "inuse_objects/count", "inuse_space/bytes"};
  CHECK(heap.sample_types() == types);
  CHECK(allocs.sample_types() == types);
  CHECK(heap.default_sample_type() == "inuse_space");
  CHECK(allocs.default_sample_type() == "alloc_space");
  CHECK(heap.text(heap.proto().period_type().type()) == "space");
  CHECK(heap.text(heap.proto().period_type().unit()) == "bytes");
  CHECK(heap.proto().period() == 1);
  for (const std::string type : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"}) {
    CHECK(heap.total(type) == allocs.total(type));
  }
  for (const auto& sample : heap.proto().sample()) {
    REQUIRE(sample.label_size() == 1);
    CHECK(heap.text(sample.label(0).key()) == "bytes");
    CHECK(heap.text(sample.label(0).num_unit()) == "bytes");
  }
}

TEST_CASE("the label bytes tells block sizes apart by four classes a doubling") {
  TemporaryDirectory output;
  run(profiled({{target("heap_sites")}}, "heap", output, kEvery));
  const ProfileFile profile(only(output.profiles("heap")));
  const auto& proto = profile.proto();
  for (int i = 0; i < proto.sample_size(); i++) {
    const auto& sample = proto.sample(i);
    if (sample.value(0) == 0 || sample.value(1) == 0) continue;
    const double mean = static_cast<double>(sample.value(1)) / static_cast<double>(sample.value(0));
    INFO("mean block " << mean << ", label " << sample.label(0).num());
    CHECK(static_cast<double>(sample.label(0).num()) > mean / 1.26);
    CHECK(static_cast<double>(sample.label(0).num()) < mean * 1.26);
  }
}

TEST_CASE("a program that frees all it has has nothing in use") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("errno_keeper")}}, "heap", output, kEvery);
  CHECK(ours.out == "errno changed 0 times\n");
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.at_leaf("inuse_objects", "main") == 0);
  CHECK(profile.at_leaf("inuse_space", "main") == 0);
  // malloc, realloc and calloc in each of 300,000 turns
  CHECK(profile.at_leaf("alloc_objects", "main") == 900000);
}

TEST_CASE("no recursion hides the block at its bottom, the cut is marked") {
  TemporaryDirectory output;
  same_as_bare({{target("recursion")}}, "heap", output, kEvery);
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.at_leaf("alloc_space", "bottom") == 5003);
  CHECK(profile.containing("alloc_space", "[truncated]") == 5003);
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const std::vector<Frame> frames = profile.frames(i);
    CHECK(frames.size() <= 129);
    if (frames.front().function == "bottom") CHECK(frames.back().function == "[truncated]");
  }
}

TEST_CASE("a depth that reaches main keeps every frame") {
  TemporaryDirectory output;
  Environment more = kEvery;
  more["PROFILER_STACK_DEPTH"] = "1024";
  run(profiled({{target("recursion"), "900"}}, "heap", output, more));
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.containing("alloc_space", "main") >= 5003);
  CHECK_FALSE(profile.has_function("[truncated]"));
}

TEST_CASE("the blocks of forked children are in the children's files alone") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("fork_children")}}, "heap", output, kEvery);
  CHECK(ours.out == "7 8\n");
  const std::vector<std::string> paths = output.profiles("heap");
  REQUIRE(paths.size() == 3);
  std::map<std::string, int> seen;
  for (const std::string& path : paths) {
    const ProfileFile profile(path);
    for (const std::string site :
         {"site_parent", "site_child_exit", "site_child_underscore_exit", "site_parent_after"}) {
      if (profile.at_leaf("alloc_space", site) != 0) seen[site]++;
      seen[site + " bytes"] += static_cast<int>(profile.at_leaf("alloc_space", site));
    }
  }
  for (const std::string site :
       {"site_parent", "site_child_exit", "site_child_underscore_exit", "site_parent_after"}) {
    INFO(site);
    CHECK(seen[site] == 1);
  }
  CHECK(seen["site_parent bytes"] == 2 * 3001);
  CHECK(seen["site_child_exit bytes"] == 3 * 3011);
  CHECK(seen["site_child_underscore_exit bytes"] == 5 * 3019);
  CHECK(seen["site_parent_after bytes"] == 3023);
}
