// Traces of a program that runs on: those that are asked for, and what each of them holds.
#include <nlohmann/json.hpp>

#include "tests/e2e/agent_http.h"
#include "tests/e2e/trace_events.h"

using namespace e2e;

namespace {

using perfetto::protos::TrackEvent;

struct Seen {
  int samples = 0, sleeps = 0;
  uint64_t first_ns = UINT64_MAX, last_ns = 0;
};

Seen seen_in(const std::string& path) {
  Seen seen;
  const TraceEvents trace(path);
  for (const TraceEvent& event : trace.all()) {
    if (event.tid == 0) continue;
    seen.samples += event.is_sample ? 1 : 0;
    seen.sleeps += event.type == TrackEvent::TYPE_SLICE_BEGIN && event.category == "sleep" ? 1 : 0;
    if (event.time_ns < seen.first_ns) seen.first_ns = event.time_ns;
    if (event.time_ns > seen.last_ns) seen.last_ns = event.time_ns;
  }
  return seen;
}

}  // namespace

TEST_CASE("each dump of a running program's trace has what came up to then, the last one all") {
  AgentVictim host({{"PROFILER_MODE", "trace"}}, true);
  const std::string pid = std::to_string(host.pid());
  sleep_ms(300);
  CHECK(run({{program(), "dump", pid}}).end() == "exit 0");
  const Seen first = seen_in(host.files("trace", 1).at(0));
  sleep_ms(300);
  CHECK(host.end() == "exit 7");
  const Seen all = seen_in(host.files("trace", 2).at(1));
  CHECK(first.sleeps > 20);
  CHECK(all.sleeps >= first.sleeps + 20);
  CHECK(all.first_ns == first.first_ns);
  CHECK(all.last_ns >= first.last_ns + 200000000);
}

TEST_CASE(
    "an exec that fails leaves the trace as it was, and a vfork child's exec is not the parent's") {
  TemporaryDirectory output;
  const Command command = {{target("executes_beside"), output / "file"}};
  const Outcome ours = run(profiled(command, "trace", output, {{"PROFILER_CHILDREN", "0"}}));
  CHECK(ours.out == "0\n");
  const TraceEvents trace(only(output.profiles("trace")));
  CHECK(trace.named("nanosleep").size() == 8);
  CHECK(trace.named("exec").size() == 1);
  CHECK(trace.named("exec failed").size() == 1);
}

TEST_CASE("a daemon's going into the background is no exec") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("begets"), "daemon"}}, "trace", output));
  CHECK(ours.end() == "exit 0");
  CHECK(comes_true([&] { return output.profiles("trace").size() == 2; }));
  for (const std::string& path : output.profiles("trace")) {
    CHECK(TraceEvents(path).named("exec").empty());
  }
}

TEST_CASE("a client's trace is of the time it waited, with what the program did in it") {
  for (const bool is_idle : {false, true}) {
    INFO(is_idle);
    AgentVictim host(serving({{"PROFILER_MODE", is_idle ? "trace" : "none"}}), is_idle);
    HttpClient client(port_of(host));
    sleep_ms(500);
    const HttpResponse response = client.get(std::string(kBase) + "trace?seconds=1");
    CHECK(response.status == 200);
    TemporaryDirectory directory;
    write_file(directory / "window.gz", response.body);
    const Seen seen = seen_in(directory / "window.gz");
    // A second of one processor, or what a busy machine gives of it.
    CHECK((is_idle ? seen.sleeps : seen.samples) > 10);
    CHECK(seen.last_ns - seen.first_ns < 1500000000);
    CHECK(host.end() == "exit 7");
  }
}

TEST_CASE("a trace that was not asked for at the start has the calls that wait") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), true);
  HttpClient client(port_of(host));
  TemporaryDirectory directory;
  for (int again = 0; again < 2; again++) {
    const std::string path = directory / "answer.trace.gz";
    write_file(path, client.get(std::string(kBase) + "trace?seconds=1").body);
    CHECK(seen_in(path).sleeps > 20);
    sleep_ms(300);
  }
  CHECK(host.end() == "exit 7");
}

TEST_CASE("a thread that waits all along is in a window from its beginning to its end") {
  const std::string stays = "exec " + target("waits_all_along") + " \"$1\" seldom";
  AgentVictim host(serving({{"PROFILER_MODE", "trace"}}), false, {"sh", "-c", stays});
  HttpClient client(port_of(host));
  const auto of = [&](const std::string& kind) {
    const HttpResponse response = client.get(std::string(kBase) + "trace?seconds=1&format=json");
    REQUIRE(response.status == 200);
    const auto trace = nlohmann::json::parse(response.body);
    CHECK(trace["file"].get<std::string>().starts_with("H4sI"));  // gzip's magic number
    for (const auto& wait : trace["waits"]) {
      if (wait["kind"] == kind) return wait;
    }
    return nlohmann::json();
  };
  nlohmann::json poll;
  CHECK(comes_true([&] { return (poll = of("poll")).is_object() && poll["open"] == true; }));
  CHECK(poll["seconds"].get<double>() >= 0.9);
  CHECK(poll["before_end"] == poll["seconds"]);
  CHECK(poll["category"] == "io");
  CHECK(of("mutex")["open"] == true);
  CHECK(host.end() == "exit 0");
}

TEST_CASE("the page's form of a trace has the longest waits with the place in the code") {
  AgentVictim host(serving(), true);
  HttpClient client(port_of(host));
  const auto trace =
      nlohmann::json::parse(client.get(std::string(kBase) + "trace?seconds=1&format=json").body);
  CHECK(trace["count"].get<int>() > 10);
  REQUIRE(trace["waits"].size() > 10);
  double before = 1e9;
  for (const auto& wait : trace["waits"]) {
    CHECK(wait["thread"] == "target_agent_ho");
    CHECK(wait["tid"] == host.pid());
    CHECK(wait["category"] == "sleep");
    CHECK(wait["seconds"].get<double>() <= before);
    before = wait["seconds"];
  }
  const std::string whole = trace["waits"][0]["stack"].dump();
  CHECK(whole.find("\"main\"") != std::string::npos);
  CHECK(whole.find("agent_host.c:") != std::string::npos);
  CHECK(host.end() == "exit 7");
}
