#include <catch2/catch.hpp>
#include <set>

#include "tests/unit/encoder/decoded.h"
#include "tests/unit/encoder/pprof_rules.h"

using Values = std::vector<int64_t>;

namespace {

struct Tables : FakeTables {
  explicit Tables(size_t size_bytes = size_t{1} << 20) : FakeTables(size_bytes) { cpu(); }
  void cpu_sample(layout::Ref stack, double n = 1) { sample(stack, {n, n * 1e7}); }
};

std::vector<std::string> filenames(const Decoded& d) {
  std::vector<std::string> names;
  for (const auto& m : d.profile.mapping()) names.push_back(d.text(m.filename()));
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the main program is the first mapping even if nothing ran in it", "[encoder]") {
  Tables t;
  t.object("/lib/a.so", 0x1000, 0x2000);
  t.object("/lib/unused.so", 0x3000, 0x4000);
  t.object("/usr/bin/app", 0x8000, 0x9000, layout::kObjectMain);
  t.object("/lib/b.so", 0x5000, 0x6000);
  t.cpu_sample(t.stack({0x5001, 0x1001}));
  const Decoded d(t);
  CHECK(filenames(d) == Names{"/usr/bin/app", "/lib/a.so", "/lib/b.so"});
  CHECK(d.profile.mapping(0).id() == 1);
  CHECK(d.profile.mapping(1).memory_start() == 0x1000);
  CHECK(d.profile.mapping(1).memory_limit() == 0x2000);
  CHECK(d.profile.mapping(1).file_offset() == 0x1000);
  CHECK(d.text(d.profile.mapping(1).build_id()) == "ab0101ff");
  for (const auto& m : d.profile.mapping()) CHECK_FALSE(m.has_functions());
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("each used segment of the main program is a mapping, before all others", "[encoder]") {
  Tables t;
  t.object("/lib/a.so", 0x1000, 0x2000);
  t.object("/usr/bin/app", 0x3000, 0x4000, layout::kObjectMain);
  t.object("/usr/bin/app", 0x5000, 0x6000, layout::kObjectMain);
  t.object("/usr/bin/app", 0x7000, 0x8000, layout::kObjectMain);
  t.cpu_sample(t.stack({0x1001, 0x7001, 0x5001}));
  const Decoded d(t);
  CHECK(filenames(d) == Names{"/usr/bin/app", "/usr/bin/app", "/lib/a.so"});
  CHECK(d.profile.mapping(0).memory_start() == 0x5000);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("tables without a main object still name the program first", "[encoder]") {
  Tables t;
  t.object("/lib/a.so", 0x1000, 0x2000);
  t.cpu_sample(t.stack({0x1001}));
  const Decoded d(t);
  CHECK(filenames(d) == Names{"/usr/bin/app", "/lib/a.so"});
  CHECK(pprof_rules::broken_rules(d.profile).empty());
  Tables empty;
  CHECK(filenames(Decoded(empty)) == Names{"/usr/bin/app"});
}

TEST_CASE("file names are made whole: relative, empty, not UTF-8", "[encoder]") {
  Tables t;
  t.object("", 0x1000, 0x2000, layout::kObjectMain);
  t.object("/lib/caf\xe9.so", 0x2000, 0x3000);
  t.object("plugins/b.so", 0x3000, 0x4000);
  t.object("", 0x4000, 0x5000);
  t.cpu_sample(t.stack({0x1001, 0x2001, 0x3001, 0x4001}));
  const Decoded d(t);
  CHECK(filenames(d) ==
        Names{"/usr/bin/app", "/lib/caf\\xe9.so", "/home/me/plugins/b.so", "[unknown]"});
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("an address is one location, whatever stacks it is in", "[encoder]") {
  Tables t;
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.cpu_sample(t.stack({0x1001, 0x1002}));
  t.cpu_sample(t.stack({0x1002, 0x1001, 0x1002}, 0, 7));
  const Decoded d(t);
  CHECK(d.profile.location_size() == 2);
  CHECK(d.values("1002;1001;1002") == Values{1, 10000000});
}

TEST_CASE("an address belongs to the object of its stack's generation", "[encoder]") {
  Tables t;
  t.object("/usr/bin/app", 0x100, 0x200, layout::kObjectMain);
  t.object("/lib/old.so", 0x1000, 0x3000, 0, 0, 2);
  t.object("/lib/new.so", 0x2000, 0x4000, 0, 2, 0);
  t.cpu_sample(t.stack({0x2001}, 0, 0), 1);
  t.cpu_sample(t.stack({0x2001}, 0, 1), 2);
  t.cpu_sample(t.stack({0x2001}, 0, 2), 4);
  t.cpu_sample(t.stack({0x1001}, 0, 2), 8);  // unloaded by then
  const Decoded d(t);
  REQUIRE(d.profile.location_size() == 3);
  int64_t in_old = 0;
  int64_t in_new = 0;
  for (const auto& s : d.profile.sample())
    for (const auto& l : d.profile.location()) {
      if (l.id() != s.location_id(0) || l.mapping_id() == 0) continue;
      const std::string name = d.text(d.mapping(l.mapping_id()).filename());
      (name == "/lib/old.so" ? in_old : in_new) += s.value(0);
    }
  CHECK(in_old == 3);
  CHECK(in_new == 4);
  CHECK(d.values("[jit]") == Values{8, 80000000});
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a thousand plugins loaded in turn at one address stay apart", "[encoder]") {
  Tables t;
  t.object("/usr/bin/app", 0x100, 0x200, layout::kObjectMain);
  for (uint32_t i = 0; i < 1000; i++) {
    t.object("/lib/p" + std::to_string(i), 0x1000 + 16 * (i % 3), 0x2000, 0, i, i + 1);
    t.cpu_sample(t.stack({0x1800}, 0, i), i + 1);
  }
  const Decoded d(t);
  CHECK(d.profile.location_size() == 1000);
  for (const auto& s : d.profile.sample())
    for (const auto& l : d.profile.location())
      if (l.id() == s.location_id(0))
        REQUIRE(d.text(d.mapping(l.mapping_id()).filename()) ==
                "/lib/p" + std::to_string(s.value(0) - 1));
}

TEST_CASE("addresses in no object are code made at run time, a location each", "[encoder]") {
  Tables t;
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.cpu_sample(t.stack({0x1001, 0xdead, 0xbeef, 0x1002}));
  t.cpu_sample(t.stack({0x1001, 0x2000}));  // the end is outside
  t.cpu_sample(t.stack({0xdead, 0x1001}, 0, 3));
  t.cpu_sample(t.stack({}));
  const Decoded d(t);
  CHECK(d.values("1001;[jit];[jit];1002") == Values{1, 10000000});
  CHECK(d.values("1001;[jit]") == Values{1, 10000000});
  CHECK(d.values("[jit];1001") == Values{1, 10000000});
  CHECK(d.values("[unknown]") == Values{1, 10000000});
  CHECK(d.result.addresses == 5);
  CHECK(d.profile.function_size() == 2);
  std::multiset<uint64_t> addresses;
  for (const auto& l : d.profile.location())
    if (l.mapping_id() == 0) addresses.insert(l.address());
  CHECK(addresses == std::multiset<uint64_t>{0, 0x2000, 0xbeef, 0xdead});  // 0 is [unknown]
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a profile of nothing but code made at run time is whole", "[encoder]") {
  Tables t;
  t.cpu_sample(t.stack({0xdead}));
  t.cpu_sample(t.stack({0, UINT64_MAX}));
  const Decoded d(t);
  CHECK(d.values("[jit]") == Values{1, 10000000});
  CHECK(d.values("[jit];[jit]") == Values{1, 10000000});
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("more addresses in no object than there is memory for are lost, not written",
          "[encoder]") {
  Tables t(size_t{16} << 20);
  for (uint64_t i = 0; i < 30000; i++) t.cpu_sample(t.stack({0x100000 + i}));
  const Decoded d(t, 0, {}, encoder::kSmallestArena);
  CHECK(d.result.skipped > 0);
  CHECK(d.profile.location_size() < 30000);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("stacks that were cut or lost their way end in a pseudo-frame", "[encoder]") {
  Tables t;
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.cpu_sample(t.stack({0x1001}, layout::kStackTruncated));
  t.cpu_sample(t.stack({0x1002}, layout::kStackUnknown));
  t.cpu_sample(t.stack({0x1003, 0xdead}, layout::kStackUnknown));
  std::vector<uint64_t> deep(layout::kMaxDepth, 0x1004);
  t.cpu_sample(t.stack(deep, layout::kStackTruncated | layout::kStackUnknown));
  const Decoded d(t);
  CHECK(d.values("1001;[truncated]") == Values{1, 10000000});
  CHECK(d.values("1002;[unknown]") == Values{1, 10000000});
  CHECK(d.values("1003;[jit];[unknown]") == Values{1, 10000000});
  int longest = 0;
  for (const auto& s : d.profile.sample()) longest = std::max(longest, s.location_id_size());
  CHECK(longest == layout::kMaxDepth + 2);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("code of the vdso is in the function [vdso] of the mapping [vdso]", "[encoder]") {
  Tables t;
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  t.object("linux-vdso.so.1", 0x7000, 0x8000, layout::kObjectVdso);
  t.cpu_sample(t.stack({0x7123, 0x1001}));
  const Decoded d(t);
  CHECK(d.values("[vdso];1001") == Values{1, 10000000});
  CHECK(filenames(d) == Names{"/usr/bin/app", "[vdso]"});
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("what was lost is a sample of its own", "[encoder]") {
  Tables t;
  t.header().modes[0].lost = 3;
  t.header().modes[0].lost_value[0] = 3;
  t.header().modes[0].lost_value[1] = 3e7;
  const Decoded d(t);
  CHECK(d.values("[lost]") == Values{3, 30000000});
  CHECK(d.comment("lost") == "3");
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}
