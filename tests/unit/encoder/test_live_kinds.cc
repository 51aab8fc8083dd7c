// Values that are counted when the file is made: keys of the host's own profiles, open descriptors.
#include <catch2/catch.hpp>
#include <cstring>

#include "tests/unit/encoder/decoded.h"
#include "tests/unit/encoder/fake_tables.h"
#include "tests/unit/encoder/pprof_rules.h"

namespace {

using Values = std::vector<int64_t>;

layout::ModeEntry& add_mode(FakeTables& t, const char* name, layout::LiveKind kind) {
  layout::ModeEntry& mode = t.header().modes[t.header().mode_count];
  mode.source = t.header().mode_count++;
  std::strcpy(mode.name, name);
  mode.value_count = 1;
  std::strcpy(mode.values[0].type, name);
  std::strcpy(mode.values[0].unit, "count");
  std::strcpy(mode.period_type.type, name);
  std::strcpy(mode.period_type.unit, "count");
  mode.period = 1;
  mode.live_kind = kind;
  return mode;
}

std::string type_of(const Decoded& d) {
  return d.profile.string_table(static_cast<int>(d.profile.sample_type(0).type()));
}

}  // namespace

TEST_CASE("a profile of the host's is named and counted by its title and its own keys") {
  FakeTables t;
  add_mode(t, "custom", layout::LiveKind::kReferences).stands_for_none = 1;
  for (const char* title : {"a profile with a long name", "another"}) {
    layout::ModeEntry& mode = add_mode(t, "", layout::LiveKind::kReferences);
    mode.title = t.text(title);
  }
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  const layout::Ref first = t.sample(t.stack({0x1001}), {}, 1);
  const layout::Ref second = t.sample(t.stack({0x1002}), {}, 2);
  for (uint64_t key = 10; key < 15; key++) t.live_in(t.header().references, key, 1, first);
  t.live_in(t.header().large_references[3], 10, 1, first);
  t.live_in(t.header().references, 10, 2, second);
  t.live_in(t.header().references, 11, 2, 0);  // its stack found no room
  t.live_in(t.header().references, 0, 1, first);
  t.live_in(t.header().references, layout::kLiveBusy, 1, first);
  t.live(0x5000, 1, first);  // a block is no key
  const Decoded one(t, 1), two(t, 2);
  CHECK(type_of(one) == "a profile with a long name");
  CHECK(one.values("1001") == Values{6});
  CHECK(one.values("[lost]").empty());
  CHECK(type_of(two) == "another");
  CHECK(two.values("1002") == Values{1});
  CHECK(two.values("[lost]") == Values{1});
  CHECK(pprof_rules::broken_rules(one.profile).empty());
  CHECK(pprof_rules::broken_rules(two.profile).empty());
}

TEST_CASE("the mode of the host's profiles has a file only where there are none") {
  FakeTables t;
  add_mode(t, "cpu", layout::LiveKind::kBlocks);
  add_mode(t, "custom", layout::LiveKind::kReferences).stands_for_none = 1;
  encoder::TablesView view;
  const char* error = nullptr;
  REQUIRE(view.open(t.data(), t.size_bytes(), &error));
  CHECK(view.has_file(0));
  CHECK(view.has_file(1));
  layout::ModeEntry& mode = add_mode(t, "", layout::LiveKind::kReferences);
  CHECK(!view.has_file(2));  // not finished
  mode.title = t.text("sessions");
  CHECK(view.has_file(0));
  CHECK(!view.has_file(1));
  CHECK(view.has_file(2));
  CHECK(view.mode_name(2) == "sessions");
  CHECK(view.mode_name(1) == "custom");
}

TEST_CASE("open descriptors are counted by the stack that opened them") {
  FakeTables t;
  layout::ModeEntry& mode = add_mode(t, "fd", layout::LiveKind::kDescriptors);
  mode.detail_kind = layout::DetailKind::kText;
  std::strcpy(mode.detail_key, "kind");
  t.object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain);
  const layout::Ref row = t.sample(t.stack({0x1001}), {}, 0, 0, t.text("socket"));
  const layout::Ref directory = t.allocate(sizeof(layout::DescriptorDirectory));
  const layout::Ref segment = t.allocate(sizeof(layout::DescriptorSegment));
  t.header().descriptors = directory;
  t.at<layout::DescriptorDirectory>(directory).segments[2] = segment;
  auto& words = t.at<layout::DescriptorSegment>(segment).word;
  words[0] = words[511] = uint64_t{77} << 32 | row;
  words[9] = uint64_t{77} << 32;  // open, and its stack found no room
  const Decoded d(t);
  CHECK(d.values("1001") == Values{2});
  CHECK(d.values("[lost]") == Values{1});
  CHECK(d.result.skipped == 0);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("descriptors that lead nowhere are passed over") {
  FakeTables t;
  add_mode(t, "fd", layout::LiveKind::kDescriptors);
  t.header().descriptors = 0xfffffff0;
  CHECK(Decoded(t).profile.sample_size() == 0);
  const layout::Ref directory = t.allocate(sizeof(layout::DescriptorDirectory));
  const layout::Ref segment = t.allocate(sizeof(layout::DescriptorSegment));
  t.header().descriptors = directory;
  t.at<layout::DescriptorDirectory>(directory).segments[0] = 0xfffffff0;
  t.at<layout::DescriptorDirectory>(directory).segments[1] = segment;
  t.at<layout::DescriptorSegment>(segment).word[4] = 0xfffffff0;
  const Decoded d(t);
  CHECK(d.profile.sample_size() == 0);
  CHECK(d.result.skipped == 2);
}
