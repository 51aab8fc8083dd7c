#include "program/report/trace_waits.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <catch2/catch.hpp>

#include "encoder/perfetto.pb.h"

namespace {

using perfetto::protos::TrackEvent;

class FakeTrace {
 public:
  void thread(uint32_t sequence, int tid, const std::string& name) {
    auto* thread = packet(sequence)->mutable_track_descriptor()->mutable_thread();
    thread->set_tid(tid);
    thread->set_thread_name(name);
  }
  void begin(uint32_t sequence, uint64_t ns, const std::string& category, const std::string& name) {
    TrackEvent* event = slice(sequence, ns, TrackEvent::TYPE_SLICE_BEGIN);
    event->add_categories(category);
    event->set_name(name);
  }
  void end(uint32_t sequence, uint64_t ns, uint64_t stack = 0) {
    slice(sequence, ns, TrackEvent::TYPE_SLICE_END)->set_callstack_iid(stack);
  }
  // Stack 1 of the sequence: main calls read.
  void stack(uint32_t sequence) {
    auto* data = packet(sequence)->mutable_interned_data();
    const auto text = [](auto* to, const char* words) { to->set_iid(1), to->set_str(words); };
    text(data->add_mapping_paths(), "/bin/app");
    text(data->add_function_names(), "read");
    auto* mapping = data->add_mappings();
    mapping->set_iid(1);
    mapping->add_path_string_ids(1);
    for (const uint64_t id : {1, 2}) {
      auto* frame = data->add_frames();
      frame->set_iid(id);
      frame->set_mapping_id(1);
      frame->set_rel_pc(id * 16);
      if (id == 2) frame->set_function_name_id(1);
    }
    auto* stack = data->add_callstacks();
    stack->set_iid(1);
    stack->add_frame_ids(1);
    stack->add_frame_ids(2);
  }
  void symbol(uint64_t address, const std::string& name, const std::string& file, unsigned number) {
    auto* symbols = packet(0)->mutable_module_symbols();
    symbols->set_path("/bin/app");
    auto* at = symbols->add_address_symbols();
    at->set_address(address);
    auto* line = at->add_lines();
    line->set_function_name(name);
    line->set_source_file_name(file);
    line->set_line_number(number);
  }
  std::string bytes() const { return trace_.SerializeAsString(); }

 private:
  perfetto::protos::TracePacket* packet(uint32_t sequence) {
    auto* packet = trace_.add_packet();
    packet->set_trusted_packet_sequence_id(sequence);
    return packet;
  }
  TrackEvent* slice(uint32_t sequence, uint64_t ns, TrackEvent::Type type) {
    auto* added = packet(sequence);
    added->set_timestamp(ns);
    added->mutable_track_event()->set_type(type);
    return added->mutable_track_event();
  }

  perfetto::protos::Trace trace_;
};

bool search(const std::string& bytes, size_t most, program::TraceWaits* waits) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  return program::longest_waits(&stream, 2000, most, waits);
}

}  // namespace

TEST_CASE("a trace's longest waits are its threads', and what still waits lasts to its end") {
  FakeTrace trace;
  trace.begin(1, 10, "profiler", "recording");  // of the process
  trace.thread(2, 7, "worker");
  trace.begin(2, 50, "region", "request");  // hides no wait, and is none
  trace.begin(2, 100, "sync", "mutex");
  trace.end(2, 400);
  trace.end(2, 1000);
  trace.thread(3, 8, "sleeper");
  trace.begin(3, 60, "io", "poll");
  program::TraceWaits waits;
  REQUIRE(search(trace.bytes(), 10, &waits));
  CHECK(waits.count == 2);
  REQUIRE(waits.longest.size() == 2);
  CHECK(waits.longest[0].thread == "sleeper");
  CHECK(waits.longest[0].tid == 8);
  CHECK(waits.longest[0].kind == "poll");
  CHECK(waits.longest[0].is_open);
  CHECK(waits.longest[0].length_ns == 1940);
  CHECK(waits.longest[1].thread == "worker");
  CHECK(waits.longest[1].category == "sync");
  CHECK(waits.longest[1].length_ns == 300);
  CHECK_FALSE(waits.longest[1].is_open);
}

TEST_CASE("a wait's functions are those of its stack from the leaf on, with file and line") {
  FakeTrace trace;
  trace.thread(2, 7, "worker");
  trace.stack(2);
  trace.begin(2, 100, "io", "read");
  trace.end(2, 400, 1);
  trace.symbol(16, "main", "/src/app.c", 12);
  program::TraceWaits waits;
  REQUIRE(search(trace.bytes(), 10, &waits));
  REQUIRE(waits.longest.size() == 1);
  const auto& stack = waits.longest[0].stack;
  REQUIRE(stack.size() == 2);
  CHECK(stack[0].name == "read");
  CHECK(stack[0].place.empty());
  CHECK(stack[1].name == "main");
  CHECK(stack[1].place == "/src/app.c:12");
}

TEST_CASE("the longest of many waits are kept, in their order") {
  FakeTrace trace;
  trace.thread(2, 7, "worker");
  for (uint64_t i = 0; i < 100; i++) {
    trace.begin(2, 10 * i, "sync", "mutex");
    trace.end(2, 10 * i + 1 + i * 37 % 100);
  }
  program::TraceWaits waits;
  REQUIRE(search(trace.bytes(), 3, &waits));
  CHECK(waits.count == 100);
  REQUIRE(waits.longest.size() == 3);
  for (uint64_t i = 0; i < 3; i++) CHECK(waits.longest[i].length_ns == 100 - i);
}

TEST_CASE("a trace that is cut short has no waits to show") {
  FakeTrace trace;
  trace.thread(2, 7, "worker");
  trace.begin(2, 100, "io", "read");
  const std::string bytes = trace.bytes();
  program::TraceWaits waits;
  CHECK_FALSE(search(bytes.substr(0, bytes.size() - 1), 10, &waits));
}
