#include "collectors/trace/trace_ring.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "collectors/life/thread.h"
#include "tests/unit/tables/open_tables.h"

namespace {

using layout::TraceEvent;
using layout::TraceKind;
using layout::TraceSegment;

constexpr unsigned kSegments = 4;

struct Ring {
  OpenTables open{4 << 20};
  Thread* thread;
  Ring() {
    tables::header().modes[0].armed = 1;
    REQUIRE(trace_ring::open(0, kSegments * sizeof(TraceSegment)));
    thread = threads::acquire();
    threads::begin_main(*thread);
  }
  ~Ring() {
    trace_ring::close();
    trace_ring::thread_ending(trace_ring::of(*thread));
    threads::end(*thread);
  }
  layout::Trace& trace() { return *tables::made<layout::Trace>(tables::header().trace); }
};

bool counts(const TraceSegment& segment, const TraceEvent& event) {
  return event.mark >> 16 == (segment.turn & 0xffff) &&
         (event.mark & 0x0f) != static_cast<unsigned>(TraceKind::kNone);
}

// The objects of all events that count, each segment's in order, by the segments' ordinals.
std::vector<uint64_t> objects(Ring& ring) {
  std::map<uint64_t, std::vector<uint64_t>> by_ordinal;
  for (layout::Ref r = ring.trace().segments; r != 0; r = tables::made<TraceSegment>(r)->next) {
    const TraceSegment& segment = *tables::made<TraceSegment>(r);
    for (const TraceEvent& event : segment.events) {
      if (counts(segment, event)) by_ordinal[segment.ordinal].push_back(event.object);
    }
  }
  std::vector<uint64_t> all;
  for (const auto& [ordinal, some] : by_ordinal) all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace

TEST_CASE("a ring that is full keeps the newest events, in order, and counts what it took") {
  Ring ring;
  const uint64_t written = 10 * layout::kTraceEvents + 7;
  for (uint64_t i = 1; i <= written; i++) {
    CHECK(trace_ring::append({.kind = TraceKind::kLog, .object = i}) != 0);
  }
  const auto kept = objects(ring);
  REQUIRE(kept.size() == (kSegments - 1) * layout::kTraceEvents + 7);
  for (size_t i = 0; i < kept.size(); i++) CHECK(kept[i] == written - kept.size() + 1 + i);
  CHECK(ring.trace().made == kSegments);
  CHECK(ring.trace().opened == 11);
  CHECK(ring.trace().overwritten == 11 - kSegments);
  CHECK(ring.trace().lost == 0);
}

TEST_CASE("an event that is taken back counts no more") {
  Ring ring;
  const trace_ring::Place first = trace_ring::append({.kind = TraceKind::kWaitBegin, .object = 1});
  trace_ring::append({.kind = TraceKind::kWaitBegin, .object = 2});
  trace_ring::take_back(first);
  CHECK(objects(ring) == std::vector<uint64_t>{2});
}

TEST_CASE("an event is taken back after a tick moved the thread on to another segment") {
  Ring ring;
  const trace_ring::Place wait = trace_ring::append({.kind = TraceKind::kWaitBegin, .object = 1});
  for (unsigned i = 0; i < layout::kTraceEvents; i++) {
    trace_ring::append({.kind = TraceKind::kSample, .object = 2});
  }
  REQUIRE(ring.trace().opened == 2);
  trace_ring::take_back(wait);
  CHECK(objects(ring) == std::vector<uint64_t>(layout::kTraceEvents, 2));
}

TEST_CASE(
    "a segment that was given away keeps its owner's events when an older one is taken back") {
  Ring ring;
  const trace_ring::Place wait = trace_ring::append({.kind = TraceKind::kWaitBegin, .object = 1});
  // The segment comes back to this thread, and its first event is another one.
  for (unsigned i = 0; i < kSegments * layout::kTraceEvents; i++) {
    trace_ring::append({.kind = TraceKind::kSample, .object = 2});
  }
  const auto before = objects(ring);
  REQUIRE(before.size() == (kSegments - 1) * layout::kTraceEvents + 1);
  trace_ring::take_back(wait);
  CHECK(objects(ring) == before);
}

TEST_CASE("an event and its text lie in one segment, what is too long is cut") {
  Ring ring;
  for (unsigned i = 0; i < layout::kTraceEvents - 3; i++) {
    trace_ring::append({.kind = TraceKind::kCounter, .object = 1});
  }
  const std::string text(1000, 'x');
  CHECK(trace_ring::append({.kind = TraceKind::kLog, .object = 9}, text) != 0);
  CHECK(ring.trace().opened == 2);
  unsigned slots = 0;
  for (layout::Ref r = ring.trace().segments; r != 0; r = tables::made<TraceSegment>(r)->next) {
    const TraceSegment& segment = *tables::made<TraceSegment>(r);
    if (segment.ordinal != 2) continue;
    CHECK(segment.events[0].object == 9);
    while (counts(segment, segment.events[slots + 1])) slots++;
  }
  CHECK(slots == layout::kTraceTextSlots);
}

TEST_CASE("nothing is recorded of a mode that is not armed, and numbers of wakes never repeat") {
  Ring ring;
  CHECK(trace_ring::is_on());
  const uint64_t first = trace_ring::new_wake();
  CHECK(first != 0);
  CHECK(trace_ring::new_wake() != first);
  tables::header().modes[0].armed = 0;
  CHECK_FALSE(trace_ring::is_on());
}
