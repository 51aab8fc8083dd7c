#include "tests/e2e/trace_events.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "program/report/trace_file.h"
#include "tests/e2e/profile_file.h"

namespace e2e {

using program::TracePacket;
using program::TraceStrings;

namespace {

std::string value_of(const perfetto::protos::DebugAnnotation& a) {
  if (a.has_string_value()) return a.string_value();
  if (a.has_int_value()) return std::to_string(a.int_value());
  return std::to_string(a.has_pointer_value() ? a.pointer_value() : a.uint_value());
}

using Names = std::map<std::pair<std::string, uint64_t>, std::vector<std::string>>;

std::vector<std::string> names_of(const std::vector<const TraceStrings::Frame*>& stack,
                                  const Names& names) {
  std::vector<std::string> functions;
  for (size_t i = stack.size(); i-- > 0;) {
    const auto at = names.find({stack[i]->path, stack[i]->relative_pc});
    if (at == names.end()) {
      functions.push_back(stack[i]->function);
    } else {
      functions.insert(functions.end(), at->second.begin(), at->second.end());
    }
  }
  return functions;
}

}  // namespace

TraceEvents::TraceEvents(const std::string& path) {
  INFO("trace: " << path);
  const std::string bytes = gunzip(path);
  CHECK(program::is_trace(bytes));
  Names names;
  CHECK(program::each_packet(bytes, [&](const TracePacket& packet) {
    for (const auto& at : packet.module_symbols().address_symbols()) {
      auto& lines = names[{packet.module_symbols().path(), at.address()}];
      for (const auto& line : at.lines()) lines.push_back(line.function_name());
    }
  }));
  TraceStrings strings;
  std::map<uint32_t, int> tids;
  std::map<uint32_t, uint64_t> tracks;
  std::map<uint64_t, std::string> counters;
  int missing = 0;
  program::each_packet(bytes, [&](const TracePacket& packet) {
    strings.take(packet);
    const uint32_t sequence = packet.trusted_packet_sequence_id();
    if (packet.has_trace_packet_defaults()) {
      tracks[sequence] = packet.trace_packet_defaults().track_event_defaults().track_uuid();
      CHECK(packet.trace_packet_defaults().timestamp_clock_id() == 3);
    }
    if (packet.track_descriptor().has_thread()) {
      const auto& thread = packet.track_descriptor().thread();
      tids[sequence] = static_cast<int>(thread.tid());
      threads_[static_cast<int>(thread.tid())] = thread.thread_name();
    }
    if (packet.track_descriptor().has_counter()) {
      counters[packet.track_descriptor().uuid()] = packet.track_descriptor().name();
    }
    if (!packet.has_track_event() && !packet.has_perf_sample()) return;
    TraceEvent event;
    const auto& from = packet.track_event();
    event.tid = tids[sequence];
    event.time_ns = packet.timestamp();
    event.type = from.type();
    event.is_sample = packet.has_perf_sample();
    event.name = from.name();
    if (from.categories_size() > 0) event.category = from.categories(0);
    event.track = from.has_track_uuid() ? from.track_uuid() : tracks[sequence];
    if (from.type() == perfetto::protos::TrackEvent::TYPE_COUNTER)
      event.name = counters[event.track];
    event.flows.assign(from.flow_ids().begin(), from.flow_ids().end());
    event.ended_flows.assign(from.terminating_flow_ids().begin(),
                             from.terminating_flow_ids().end());
    event.counter = from.counter_value();
    for (const auto& a : from.debug_annotations()) event.annotations[a.name()] = value_of(a);
    const uint64_t stack =
        event.is_sample ? packet.perf_sample().callstack_iid() : from.callstack_iid();
    if (stack != 0) {
      const auto* frames = strings.stack(sequence, stack);
      if (frames == nullptr) {
        missing++;
      } else {
        event.stack = names_of(*frames, names);
      }
    }
    events_.push_back(std::move(event));
  });
  CHECK(missing == 0);
}

std::vector<const TraceEvent*> TraceEvents::named(const std::string& name) const {
  std::vector<const TraceEvent*> found;
  for (const TraceEvent& event : events_) {
    if (event.name == name) found.push_back(&event);
  }
  return found;
}

}  // namespace e2e
