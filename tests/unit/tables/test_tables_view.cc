#include <catch2/catch.hpp>

#include "tables/tables_view.h"
#include "tests/unit/encoder/fake_tables.h"

namespace {

encoder::TablesView opened(FakeTables& tables) {
  encoder::TablesView view;
  const char* error = nullptr;
  REQUIRE(view.open(tables.data(), tables.size_bytes(), &error));
  return view;
}

std::string refusal(const FakeTables& tables, size_t size) {
  encoder::TablesView view;
  const char* error = nullptr;
  return view.open(tables.data(), size, &error) ? "" : error;
}

}  // namespace

TEST_CASE("tables of another kind, version or size are refused with a sentence", "[encoder]") {
  FakeTables t;
  CHECK(refusal(t, t.size_bytes()).empty());
  CHECK(refusal(t, sizeof(layout::Header) - 1) == "the tables are shorter than their header");
  CHECK(refusal(t, 0) == "the tables are shorter than their header");
  t.header().version++;
  CHECK(refusal(t, t.size_bytes()) == "the tables are of another version of libprofiler");
  t.header().version--;
  t.header().header_size -= 8;
  CHECK(refusal(t, t.size_bytes()) == "the tables are of another version of libprofiler");
  t.header().header_size += 8;
  t.header().committed = 0;
  CHECK(refusal(t, t.size_bytes()) == "the tables say that they have no room for their own header");
  t.header().magic[0] = 'Q';
  CHECK(refusal(t, t.size_bytes()) == "these are no tables of libprofiler");
}

TEST_CASE("a reference into the header, beyond the end or beyond what is committed is none",
          "[encoder]") {
  FakeTables t(1 << 16);
  const layout::Ref end = (1 << 16) / 8;
  const encoder::TablesView view = opened(t);
  CHECK(view.at<uint64_t>(0) == nullptr);
  CHECK(view.at<uint64_t>(1) == nullptr);
  CHECK(view.at<uint64_t>(end - 1) != nullptr);
  CHECK(view.at<uint64_t>(end) == nullptr);
  CHECK(view.at<layout::Sample>(end - 1) == nullptr);
  CHECK(view.at<uint64_t>(UINT32_MAX) == nullptr);
  CHECK(view.range(end - 1, UINT64_MAX) == nullptr);
  t.header().committed = 1 << 15;
  const encoder::TablesView smaller = opened(t);
  CHECK(smaller.at<uint64_t>(end - 1) == nullptr);
  t.header().committed = uint64_t{1} << 40;  // has grown, or lies: the size of the mapping stands
  CHECK(smaller.at<uint64_t>(end - 1) != nullptr);
  CHECK(smaller.at<uint64_t>(end) == nullptr);
}

TEST_CASE("a text, stack or label set that reaches beyond the end is bad", "[encoder]") {
  FakeTables t(1 << 16);
  const layout::Ref text = t.text("hello");
  const layout::Ref stack = t.stack({1, 2, 3});
  const layout::Ref labels = t.label_set({{"k", "v"}});
  const encoder::TablesView view = opened(t);
  uint64_t bad = 0;
  encoder::StackView s;
  encoder::LabelSetView l;
  CHECK(view.text(text, &bad) == "hello");
  CHECK(view.text(0, &bad).empty());
  CHECK(view.stack(stack, &s));
  CHECK(s.depth == 3);
  CHECK(view.label_set(labels, &l));
  CHECK(bad == 0);
  t.at<layout::Text>(text).length = 1 << 16;
  CHECK(view.text(text, &bad).empty());
  CHECK(bad == 1);
  t.at<layout::Stack>(stack).depth = layout::kMaxDepth + 1;
  CHECK_FALSE(view.stack(stack, &s));
  t.at<layout::LabelSet>(labels).count = UINT32_MAX;
  CHECK_FALSE(view.label_set(labels, &l));
}

TEST_CASE("a chain that leads in a circle is left, and counted once", "[encoder]") {
  FakeTables t;
  const layout::Ref first = t.object("/a", 1, 2);
  for (int i = 0; i < 10; i++) t.object("/b", 1, 2);
  t.at<layout::Object>(first).next = t.header().objects.load();
  const encoder::TablesView view = opened(t);
  encoder::Budget budget = view.budget();
  uint64_t bad = 0;
  int visits = 0;
  view.each_in_chain<layout::Object>(t.header().objects, budget, &bad,
                                     [&](layout::Ref, const layout::Object&) { visits++; });
  CHECK(visits >= 11);
  CHECK(visits <= 40);
  CHECK(bad == 1);
}

TEST_CASE("a view of tables that have grown since has their size, and work for it", "[encoder]") {
  FakeTables t(8 << 20);
  t.header().committed = 1 << 16;
  const encoder::TablesView view = opened(t);
  CHECK(view.size_bytes() == 1 << 16);
  t.header().used = 3 << 20;
  CHECK(view.used_bytes() == 1 << 16);
  t.header().committed = 4 << 20;
  CHECK(view.size_bytes() == 4 << 20);
  CHECK(view.used_bytes() == 3 << 20);
  CHECK(view.budget().take(20 << 22));
  t.header().committed = UINT64_MAX;  // it lies: the mapping's size stands
  CHECK(view.size_bytes() == 8 << 20);
}

TEST_CASE("a budget that is used up stays used up", "[encoder]") {
  encoder::Budget budget(10);
  CHECK(budget.take(10));
  CHECK(budget.take(0));
  CHECK_FALSE(budget.take(1));
  CHECK(budget.exhausted());
  CHECK_FALSE(budget.take(0));
}
