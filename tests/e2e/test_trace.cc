// PROFILER_MODE=trace: a timeline, read by libprotobuf and held against what the program wrote down
// itself.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"
#include "tests/e2e/trace_events.h"
#include "tests/e2e/victim.h"

using namespace e2e;

namespace {

using perfetto::protos::TrackEvent;

TraceEvents traced(const Command& command, const Environment& more = {}) {
  TemporaryDirectory output;
  const Outcome outcome = run(profiled(command, "trace", output, more));
  CHECK(outcome.end() == "exit 0");
  CHECK(outcome.err.empty());
  return TraceEvents(only(output.profiles("trace")));
}

struct Tally {
  int right = 0, wrong = 0, missing = 0;
};

// What the program says of its wakes, and both ends of the flows that the trace has.
std::map<std::string, Tally> judge(const std::vector<std::string>& lines,
                                   const TraceEvents& trace) {
  std::map<uint64_t, const TraceEvent*> wakes;
  std::map<int, std::vector<const TraceEvent*>> woken;  // by thread
  for (const TraceEvent& event : trace.all()) {
    for (const uint64_t flow : event.flows) wakes[flow] = &event;
    if (!event.ended_flows.empty()) woken[event.tid].push_back(&event);
  }
  std::map<std::string, Tally> tallies;
  for (const std::string& line : lines) {
    const auto word = words_of(line);
    const int waker = std::stoi(word[1]), waiter = std::stoi(word[2]);
    const uint64_t before_ns = std::stoull(word[3]), back_ns = std::stoull(word[4]);
    // The thread's last return from a wait before it said so.
    const TraceEvent* end = nullptr;
    for (const TraceEvent* event : woken[waiter]) {
      if (event->time_ns > before_ns && event->time_ns <= back_ns) end = event;
    }
    Tally& tally = tallies[word[0]];
    if (end == nullptr) {
      tally.missing++;
      continue;
    }
    const auto wake = wakes.find(end->ended_flows[0]);
    const bool right = wake != wakes.end() && wake->second->tid == waker &&
                       wake->second->time_ns >= before_ns && wake->second->time_ns <= end->time_ns;
    UNSCOPED_INFO(line << (right ? " right" : " WRONG"));
    (right ? tally.right : tally.wrong)++;
  }
  return tallies;
}

}  // namespace

TEST_CASE("each wake that the trace shows is the one that the program wrote down") {
  TemporaryDirectory output;
  const Outcome outcome = run(profiled({{target("wakes")}}, "trace", output));
  CHECK(outcome.end() == "exit 0");
  const TraceEvents trace(only(output.profiles("trace")));
  const auto tallies = judge(lines_of(outcome.out), trace);
  for (const char* kind :
       {"mutex", "rwlock", "spin", "condvar", "sem", "passed", "futex", "barrier", "join"}) {
    INFO(kind);
    const auto at = tallies.find(kind);
    REQUIRE(at != tallies.end());
    const Tally& tally = at->second;
    figure("trace: wakes by %s: %d as the program says, %d others, %d without a waker", kind,
           tally.right, tally.wrong, tally.missing);
    CHECK(tally.right >= 5);
    CHECK(tally.wrong == 0);
    CHECK(tally.missing * 10 <= tally.right);
  }
}

TEST_CASE(
    "a trace has each thread with its name and its maker, and waits that end in their order") {
  const TraceEvents trace = traced({{target("wakes"), "5"}});
  CHECK(trace.named("thread begins").size() == trace.named("thread ends").size());
  const auto begun = trace.named("thread begins");
  REQUIRE(begun.size() > 10);
  CHECK(begun.front()->stack.front() == "start");
  CHECK(begun.front()->annotations.at("made by tid") ==
        std::to_string(trace.threads().begin()->first));
  std::map<int, int> depth;
  std::map<int, uint64_t> last;
  for (const TraceEvent& event : trace.all()) {
    if (event.tid == 0) continue;
    CHECK(event.time_ns + 1000000 >= last[event.tid]);
    last[event.tid] = std::max(last[event.tid], event.time_ns);
    if (event.type == TrackEvent::TYPE_SLICE_BEGIN) depth[event.tid]++;
    if (event.type == TrackEvent::TYPE_SLICE_END) depth[event.tid]--;
    CHECK(depth[event.tid] >= 0);
  }
  for (const auto& [tid, open] : depth) CHECK(open == 0);
  bool found = false;
  for (const TraceEvent* event : trace.named("signal")) {
    found |= !event->stack.empty() && event->stack.front() == "signal_condition";
  }
  CHECK(found);
}

TEST_CASE("tasks, regions and logs of the program, and calls with descriptor and result") {
  TemporaryDirectory output;
  const Command command = {{target("trace_marks"), output / "fifo"}};
  const Outcome outcome = run(profiled(command, "trace", output, {{"PROFILER_CHILDREN", "0"}}));
  const TraceEvents trace(only(output.profiles("trace")));
  const auto lines = trace.named("line 12 is empty");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]->annotations.at("category") == "parser");
  CHECK(trace.named("inner").size() == 1);
  CHECK(trace.named("outer").size() == 1);
  bool has_long = false;
  for (const TraceEvent& event : trace.all()) {
    has_long |= event.category == "log" && event.name == std::string(274, 'x');
  }
  CHECK(has_long);
  const auto tasks = trace.named("request 4711");
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0]->track != lines[0]->track);
  int ends = 0;
  for (const TraceEvent& event : trace.all()) ends += event.track == tasks[0]->track ? 1 : 0;
  CHECK(ends == 2);
  CHECK(trace.named("fork").size() == 1);
  CHECK(trace.named("open").size() + trace.named("open64").size() == 1);
  const auto reads = trace.named("read");
  REQUIRE(reads.size() == 1);
  CHECK(reads[0]->annotations.at("descriptor") + "\n" == outcome.out);
  bool has_result = false;
  for (const TraceEvent& event : trace.all()) {
    const auto at = event.annotations.find("result");
    has_result |= event.time_ns > reads[0]->time_ns && at != event.annotations.end() &&
                  at->second == "1" && event.stack.size() > 1 && event.stack[1] == "main";
  }
  CHECK(has_result);
}

TEST_CASE("of ten million events the newest are all there, in order and whole") {
  const long count = 10000000;  // each is a line of two slots
  const TraceEvents trace = traced({{target("many_events"), std::to_string(count)}});
  long expected = -1, seen = 0;
  for (const TraceEvent& event : trace.all()) {
    if (event.category != "log") continue;
    const long number = std::stol(event.name);
    if (expected >= 0) REQUIRE(number == expected);
    expected = number + 1;
    seen++;
  }
  CHECK(expected == count);
  figure("trace: of %ld log lines (2 slots each) through 16 MiB the last %ld are there", count,
         seen);
  CHECK(seen * 2 > (16 << 20) / 32 - 4000);
}

TEST_CASE("threads that share a small ring lose their oldest events, and none is torn") {
  const TraceEvents trace =
      traced({{target("many_events"), "400000", "4"}}, {{"PROFILER_TRACE_BUFFER", "256K"}});
  std::map<int, long> last;
  for (const TraceEvent& event : trace.all()) {
    if (event.category != "log") continue;
    CHECK(event.annotations.at("category") == "n");
    const long number = std::stol(event.name);
    CHECK(std::to_string(number) == event.name);
    if (last.count(event.tid) != 0) CHECK(number > last[event.tid]);
    last[event.tid] = number;
  }
  CHECK(!last.empty());
}

TEST_CASE("CPU samples and resident memory are on the timeline") {
  const TraceEvents trace = traced({{target("cpu_shares"), "1", "0.5"}});
  CHECK(trace.named("live heap").empty());
  int samples = 0, counters = 0;
  for (const TraceEvent& event : trace.all()) {
    samples += event.is_sample && !event.stack.empty() ? 1 : 0;
    counters += event.type == TrackEvent::TYPE_COUNTER && event.counter > 100000 ? 1 : 0;
  }
  CHECK(samples > 10);
  CHECK(counters > 5);
}

TEST_CASE("with the heap recorded too, how much of it is live is on the timeline") {
  TemporaryDirectory output;
  const Command command = {{target("grows_and_shrinks")}};
  CHECK(run(profiled(command, "heap,trace", output, {{"PROFILER_HEAP_RATE", "4096"}})).end() ==
        "exit 0");
  const TraceEvents trace(only(output.profiles("trace")));
  int64_t most = 0, last = 0;
  for (const TraceEvent* event : trace.named("live heap")) {
    most = std::max(most, last = event->counter);
  }
  constexpr double kMost = 64 << 20, kAtTheEnd = 16 << 20;
  CHECK(static_cast<double>(most) == Approx(kMost).epsilon(0.1));
  CHECK(static_cast<double>(last) == Approx(kAtTheEnd).epsilon(0.1));
}

TEST_CASE("the trace of a killed process is recovered, with what its threads were waiting for") {
  Victim victim("trace");
  for (int i = 0; i < 1000 && victim.sum(&Done::waits) < 100; i++) usleep(10000);
  victim.end();
  CHECK(run({{program(), "recover", victim.spool.path()}}).end() == "exit 0");
  const TraceEvents trace(only(victim.output.profiles("trace")));
  CHECK(trace.threads().size() >= kThreads);
  int waits = 0, ended = 0;
  for (const TraceEvent& event : trace.all()) {
    if (event.tid == 0) continue;
    waits += event.type == TrackEvent::TYPE_SLICE_BEGIN ? 1 : 0;
    ended += event.type == TrackEvent::TYPE_SLICE_END ? 1 : 0;
  }
  CHECK(waits > 10);
  CHECK(waits >= ended);
}

TEST_CASE("profiler convert sums a trace up: blocking time and wake-to-run latency by stack") {
  TemporaryDirectory output;
  run(profiled({{target("wakes"), "20"}}, "trace", output, {{"PROFILER_BLOCK_RATE", "1ns"}}));
  const std::string path = only(output.profiles("trace"));
  const Outcome reported =
      run({{program(), "convert", "--to", "pprof", path, "-o", output / "front"}});
  CHECK(reported.end() == "exit 0");
  const ProfileFile sync(output / "front.sync.pb.gz");
  const ProfileFile sched(output / "front.sched.pb.gz");
  const ProfileFile calls(output / "front.syscall.pb.gz");
  CHECK(ProfileFile(output / "front.io.pb.gz").total("delay") == 0);
  CHECK(sync.containing("delay", "wait_condition") > 1000000);
  CHECK(sched.containing("contentions", "wait_condition") >= 40);
  CHECK(sched.total("delay") < sync.total("delay"));
  CHECK(calls.containing("contentions", "rest_us") > 100);
  CHECK(run({{program(), "convert", "--to", "pprof", output / "front.sync.pb.gz"}}).end() ==
        "exit 2");
}

TEST_CASE("conditions of before glibc 2.3.2 are traced as those") {
  const TraceEvents trace = traced({{target("old_conditions")}});
  CHECK(trace.named("signal").size() == 1);
}
