// What stands before the events: the clock, the process, each thread.
#include "encoder/trace/trace_messages.h"

namespace encoder {

namespace fields = trace_fields;

void TracePackets::write_clocks() {
  const layout::Header& header = view_.header();
  SmallMessage<128> snapshot;
  const uint64_t clocks[][2] = {{fields::clock_snapshot::kRealtime, header.start_realtime_ns},
                                {fields::clock_snapshot::kMonotonic, header.start_monotonic_ns}};
  for (const auto& [id, time_ns] : clocks) {
    SmallMessage<32> clock;
    clock.varint(fields::clock_snapshot::kClockId, id);
    clock.varint(fields::clock_snapshot::kTimestamp, time_ns);
    snapshot.message(fields::clock_snapshot::kClocks, clock);
  }
  snapshot.varint(fields::clock_snapshot::kPrimaryClock, fields::clock_snapshot::kMonotonic);
  // Readers recognise a trace by its first field.
  SmallMessage<256> packet;
  packet.message(fields::packet::kClockSnapshot, snapshot);
  packet.varint(fields::packet::kSequenceId, sequence_);
  out_.message(fields::kPacket, packet);
}

// `track` describes it: events that name no other are on it.
void TracePackets::begin_sequence(uint64_t uuid, const Message& track) {
  SmallMessage<64> track_defaults;
  track_defaults.varint(fields::track_event_defaults::kTrackUuid, uuid);
  SmallMessage<128> defaults;
  defaults.message(fields::defaults::kTrackEventDefaults, track_defaults);
  defaults.varint(fields::defaults::kClockId, fields::clock_snapshot::kMonotonic);
  Packet packet(*this, fields::packet::kStateCleared);
  packet.message(fields::packet::kDefaults, defaults);
  packet.message(fields::packet::kTrackDescriptor, track);
  packet.send();
}

void TracePackets::write_process() {
  const layout::Header& header = view_.header();
  SmallMessage<2048> process;
  process.varint(fields::process::kPid, static_cast<uint64_t>(header.pid));
  process.bytes(fields::process::kName, cut(text_of(header.program_name), 256));
  process.bytes(fields::process::kCommandLine, cut(text_of(header.command_line), 1024));
  SmallMessage<4096> track;
  track.varint(fields::track::kUuid, tracks_.process());
  track.message(fields::track::kProcess, process);
  begin_sequence(tracks_.process(), track);
  static constexpr const char* kCounters[] = {"peak resident memory", "live heap"};
  static_assert(sizeof kCounters / sizeof *kCounters ==
                static_cast<size_t>(layout::TraceCounter::kCount));
  for (unsigned i = 0; i < static_cast<unsigned>(layout::TraceCounter::kCount); i++) {
    SmallMessage<16> unit;
    unit.varint(fields::counter::kUnit, fields::counter::kBytes);
    SmallMessage<128> counter;
    counter.varint(fields::track::kUuid, tracks_.counter(i));
    counter.varint(fields::track::kParentUuid, tracks_.process());
    counter.bytes(fields::track::kName, kCounters[i]);
    counter.message(fields::track::kCounter, unit);
    Packet counter_packet(*this, fields::packet::kNeedsState);
    counter_packet.message(fields::packet::kTrackDescriptor, counter);
    counter_packet.send();
  }
}

void TracePackets::write_head(uint64_t begun_ns, uint64_t end_ns, const layout::Trace* trace,
                              std::string_view comments) {
  write_clocks();
  write_process();
  // The recording as a slice of the process: how long it was, and what it lost.
  SmallMessage<2048> event;
  add_type(event, event_fields::kBegin, "profiler", "recording");
  add_text(event, "version", "libprofiler " PROFILER_VERSION);
  add_text(event, "host", text_of(view_.header().host_name));
  if (!comments.empty()) add_text(event, "comments", clean(comments));
  if (trace != nullptr) {
    constexpr auto kUint = fields::annotation::kUint;
    const uint64_t overwritten = trace->overwritten.load(std::memory_order_relaxed);
    add_number(event, "events lost", kUint, trace->lost.load(std::memory_order_relaxed));
    add_number(event, "events overwritten, about", kUint, overwritten * layout::kTraceEvents);
  } else {
    add_text(event, "empty", "nothing was recorded");
  }
  write_event(begun_ns, event);
  SmallMessage<32> end;
  add_type(end, event_fields::kEnd, "", "");
  if (end_ns > begun_ns) write_event(end_ns, end);
  written_ = 0;
}

void TracePackets::begin_thread(const TraceSegments::Segment& last) {
  sequence_ = last.serial + 1;
  tid_ = last.tid;
  depth_ = 0;
  stacks_.begin_sequence();
  SmallMessage<512> thread;
  thread.varint(fields::thread::kPid, static_cast<uint64_t>(view_.header().pid));
  thread.varint(fields::thread::kTid, static_cast<uint64_t>(tid_));
  thread.bytes(fields::thread::kName, cut(text_of(last.name), 64));
  SmallMessage<1024> track;
  track.varint(fields::track::kUuid, tracks_.thread(last.serial));
  track.varint(fields::track::kParentUuid, tracks_.process());
  track.message(fields::track::kThread, thread);
  begin_sequence(tracks_.thread(last.serial), track);
}

}  // namespace encoder
