#include <catch2/catch.hpp>

#include "tests/unit/encoder/decoded.h"
#include "tests/unit/encoder/pprof_rules.h"

namespace {

struct Tables : FakeTables {
  Tables() { object("/usr/bin/app", 0x1000, 0x2000, layout::kObjectMain); }
  void labelled(const std::vector<FakeLabel>& labels, uint64_t detail = 0) {
    sample(stack({0x1001}), {1, 1, 0, 0}, 0, labels.empty() ? 0 : label_set(labels), detail);
  }
};

}  // namespace

TEST_CASE("a sample carries its thread's labels and then the user's", "[encoder]") {
  Tables t;
  t.cpu();
  t.header().user_labels = t.label_set({{"service", "shop"}, {"zone", "b"}});
  t.labelled({{"thread", "worker"}, {"tid", "", 42, "id"}});
  const Decoded d(t);
  CHECK(d.labels() == "thread=worker,tid=42 id,service=shop,zone=b");
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("the label nearest to the sample wins, one value to a key", "[encoder]") {
  Tables t;
  t.cpu();
  t.header().user_labels = t.label_set({{"a", "user"}, {"b", "user"}});
  t.labelled({{"a", "thread"}, {"a", "again"}});
  CHECK(Decoded(t).labels() == "a=thread,b=user");
}

TEST_CASE("the detail of a heap sample is a number with its unit, also zero", "[encoder]") {
  Tables t;
  t.heap();
  t.labelled({}, 0);
  const Decoded d(t);
  CHECK(d.labels() == "bytes=0 bytes");
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a detail that is a text becomes a string label", "[encoder]") {
  Tables t;
  layout::ModeEntry& mode = t.cpu();
  mode.detail_kind = layout::DetailKind::kText;
  std::strcpy(mode.detail_key, "lock");
  t.labelled({}, t.text("accounts"));
  t.labelled({}, 0);
  t.labelled({}, UINT64_MAX);
  const Decoded d(t);
  std::multiset<std::string> all;
  for (int i = 0; i < 3; i++) all.insert(d.labels(i));
  CHECK(all == std::multiset<std::string>{"", "", "lock=accounts"});
  CHECK(d.result.skipped == 1);
}

TEST_CASE("a label of the user's cannot take the key of the detail", "[encoder]") {
  Tables t;
  t.heap();
  t.header().user_labels = t.label_set({{"bytes", "many"}});
  t.header().modes[0].lost_value[0] = 1;
  t.labelled({{"bytes", "few"}}, 48);
  const Decoded d(t);
  CHECK(d.labels(0) == "bytes=48 bytes");
  CHECK(d.labels(1).empty());  // the lost sample
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a key has texts or numbers in a profile, not both", "[encoder]") {
  Tables t;
  t.cpu();
  t.header().user_labels = t.label_set({{"k", "text"}});
  t.labelled({{"k", "", 7, "u"}});
  const Decoded d(t);
  CHECK(d.labels() == "k=text");
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a number without unit counts, and a reserved or empty key is left out", "[encoder]") {
  Tables t;
  t.cpu();
  t.labelled({{"n", "", 0}, {"pprof::base", "true"}, {"", "x"}, {"m", "", -5, "ms"}});
  const Decoded d(t);
  CHECK(d.labels() == "n=0 count,m=-5 ms");
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("the lost sample carries the user's labels", "[encoder]") {
  Tables t;
  t.cpu();
  t.header().user_labels = t.label_set({{"service", "shop"}});
  t.header().modes[0].lost_value[0] = 1;
  CHECK(Decoded(t).labels() == "service=shop");
}

TEST_CASE("labels that are no UTF-8 or endless are made fit", "[encoder]") {
  Tables t;
  t.cpu();
  t.labelled({{"bad\xff", "\xfe\xfe"}, {"long", std::string(5000, 'x')}});
  const Decoded d(t);
  CHECK(d.labels() == "bad_=__,long=" + std::string(1024, 'x'));
}

TEST_CASE("more labels than fit are cut and counted", "[encoder]") {
  Tables t;
  t.cpu();
  std::vector<std::string> keys;
  for (int i = 0; i < 100; i++) keys.push_back("k" + std::to_string(i));
  std::vector<FakeLabel> labels;
  for (const std::string& key : keys) labels.push_back({key, "v"});
  t.header().user_labels = t.label_set(labels);
  t.labelled({{"first", "v"}});
  const Decoded d(t);
  CHECK(d.profile.sample(0).label_size() == 65);
  CHECK(d.result.skipped == 1);
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}
