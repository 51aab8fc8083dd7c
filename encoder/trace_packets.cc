#include "encoder/trace_packets.h"

#include <algorithm>

#include "encoder/trace_fields.h"

namespace encoder {

namespace fields = trace_fields;
namespace event_fields = trace_fields::event;

using layout::TraceKind;

namespace {

constexpr size_t kEventBytes = 1024;
using EventMessage = SmallMessage<kEventBytes>;

const char* wake_name(unsigned kind) {
  static constexpr const char* kNames[] = {"wake", "unlock", "unlock", "unlock", "unlock", "signal", "post",
                                           "end",  "arrive", "done",   "wake"};
  return kind < sizeof kNames / sizeof *kNames ? kNames[kind] : "wake";
}

void add_type(Message& event, uint64_t type, std::string_view category, std::string_view name) {
  event.varint(event_fields::kType, type);
  if (!category.empty()) event.bytes(event_fields::kCategories, category);
  if (!name.empty()) event.bytes(event_fields::kName, name);
}

void add_number(Message& event, std::string_view name, uint32_t field, uint64_t value) {
  SmallMessage<64> annotation;
  annotation.bytes(fields::annotation::kName, name);
  annotation.varint_always(field, value);
  event.message(event_fields::kAnnotations, annotation);
}

void add_text(Message& event, std::string_view name, std::string_view text) {
  SmallMessage<kEventBytes> annotation;
  annotation.bytes(fields::annotation::kName, name);
  annotation.bytes(fields::annotation::kString, cut(text, 512));
  event.message(event_fields::kAnnotations, annotation);
}

bool is_call(unsigned kind) {
  return kind >= layout::kFirstCall;
}

}  // namespace

// A packet of the present sequence.
class TracePackets::Packet : public Message {
 public:
  Packet(TracePackets& of, uint64_t flags) : Message(buffer_, sizeof buffer_), out_(of.out_) {
    varint(fields::packet::kSequenceId, of.sequence_);
    varint(fields::packet::kSequenceFlags, flags);
  }
  void send() { out_.message(fields::kPacket, *this); }

 private:
  MessageStream& out_;
  uint8_t buffer_[8192];
};

std::string_view TracePackets::text_of(layout::Ref text) {
  return clean(view_.text(text, bad_));
}

std::string_view TracePackets::clean(std::string_view text) {
  return strings_[strings_.start().add(text).finish_as_line()];
}

uint64_t TracePackets::stack_id(layout::Ref stack) {
  return stacks_.id_of(stack, [this](const Message& interned) {
    SmallMessage<32> packet;
    packet.varint(fields::packet::kSequenceId, sequence_);
    packet.varint(fields::packet::kSequenceFlags, fields::packet::kNeedsState);
    out_.message(fields::kPacket, packet, fields::packet::kInternedData, interned);
  });
}

void TracePackets::add_stack(Message& track_event, layout::Ref stack) {
  track_event.varint(event_fields::kCallstack, stack_id(stack));
}

void TracePackets::write_event(uint64_t time_ns, const Message& track_event) {
  Packet packet(*this, fields::packet::kNeedsState);
  packet.varint(fields::packet::kTimestamp, time_ns);
  packet.message(fields::packet::kTrackEvent, track_event);
  packet.send();
  written_++;
}

void TracePackets::write_clocks() {
  const layout::Header& header = view_.header();
  SmallMessage<128> snapshot;
  const uint64_t clocks[][2] = {
      {fields::clock_snapshot::kRealtime, header.start_realtime_ns},
      {fields::clock_snapshot::kMonotonic, header.start_monotonic_ns}};
  for (const auto& [id, time_ns] : clocks) {
    SmallMessage<32> clock;
    clock.varint(fields::clock_snapshot::kClockId, id);
    clock.varint(fields::clock_snapshot::kTimestamp, time_ns);
    snapshot.message(fields::clock_snapshot::kClocks, clock);
  }
  snapshot.varint(fields::clock_snapshot::kPrimaryClock, fields::clock_snapshot::kMonotonic);
  // Its first field is what a trace is told by.
  SmallMessage<256> packet;
  packet.message(fields::packet::kClockSnapshot, snapshot);
  packet.varint(fields::packet::kSequenceId, sequence_);
  out_.message(fields::kPacket, packet);
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
  SmallMessage<64> track_defaults;
  track_defaults.varint(fields::track_event_defaults::kTrackUuid, tracks_.process());
  SmallMessage<128> defaults;
  defaults.message(fields::defaults::kTrackEventDefaults, track_defaults);
  defaults.varint(fields::defaults::kClockId, fields::clock_snapshot::kMonotonic);
  Packet packet(*this, fields::packet::kStateCleared);
  packet.message(fields::packet::kDefaults, defaults);
  packet.message(fields::packet::kTrackDescriptor, track);
  packet.send();
  static constexpr const char* kCounters[] = {"resident memory", "live heap"};
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

void TracePackets::begin_thread(const TraceSegments::Segment& last, bool is_cut) {
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
  SmallMessage<64> track_defaults;
  track_defaults.varint(fields::track_event_defaults::kTrackUuid, tracks_.thread(last.serial));
  SmallMessage<128> defaults;
  defaults.message(fields::defaults::kTrackEventDefaults, track_defaults);
  defaults.varint(fields::defaults::kClockId, fields::clock_snapshot::kMonotonic);
  Packet packet(*this, fields::packet::kStateCleared);
  packet.varint(fields::packet::kPreviousPacketDropped, is_cut ? 1 : 0);
  packet.message(fields::packet::kDefaults, defaults);
  packet.message(fields::packet::kTrackDescriptor, track);
  packet.send();
}

void TracePackets::write_wait_begin(const TraceEventView& event, Message& track_event) {
  const unsigned kind = event.detail % layout::kWaitKinds;
  const bool calls = is_call(kind);
  const std::string_view name = calls ? text_of(static_cast<layout::Ref>(event.value))
                                      : std::string_view(layout::kWaitNames[kind]);
  add_type(track_event, event_fields::kBegin, calls ? layout::kWaitNames[kind] : "sync",
           name.empty() ? layout::kWaitNames[kind] : name);
  if (!calls) {
    add_number(track_event, "object", fields::annotation::kPointer, event.object);
    add_number(track_event, "caller", fields::annotation::kPointer, event.value);
  } else if (event.object != 0) {
    add_number(track_event, "descriptor", fields::annotation::kInt, event.object - 1);
  }
  depth_++;
}

void TracePackets::write_wait_end(const TraceEventView& event) {
  // Its beginning is gone.
  if (depth_ == 0) return;
  depth_--;
  const unsigned kind = event.detail & ((1u << layout::kWaitKindBits) - 1);
  const bool timed_out = (event.detail & layout::kWaitTimedOut) != 0;
  const bool failed = (event.detail & layout::kWaitFailed) != 0;
  EventMessage end;
  add_type(end, event_fields::kEnd, "", "");
  if (is_call(kind)) {
    add_number(end, "result", fields::annotation::kInt, event.value);
  } else if (timed_out || failed) {
    add_text(end, "result", timed_out ? "timed out" : "failed");
  }
  add_stack(end, event.stack);
  write_event(event.time_ns, end);
  if (is_call(kind) || event.value == 0) return;
  EventMessage woken;
  add_type(woken, event_fields::kInstant, "wake", "woken");
  woken.fixed64(event_fields::kTerminatingFlowIds, tracks_.flow(event.value));
  add_number(woken, "object", fields::annotation::kPointer, event.object);
  write_event(event.time_ns, woken);
}

void TracePackets::write_sample(const TraceEventView& event) {
  SmallMessage<64> sample;
  sample.varint(fields::perf_sample::kPid, static_cast<uint64_t>(view_.header().pid));
  sample.varint(fields::perf_sample::kTid, static_cast<uint64_t>(tid_));
  sample.varint(fields::perf_sample::kCallstack, stack_id(event.stack));
  Packet packet(*this, fields::packet::kNeedsState);
  packet.varint(fields::packet::kTimestamp, event.time_ns);
  packet.message(fields::packet::kPerfSample, sample);
  packet.send();
  written_++;
}

// On a track of its own: it goes through several threads.
void TracePackets::write_task(const TraceEventView& event) {
  const bool begins = event.kind == TraceKind::kTaskBegin;
  const std::string_view name = clean(event.text_view());
  if (begins) {
    SmallMessage<kEventBytes> track;
    track.varint(fields::track::kUuid, tracks_.task(event.object));
    track.varint(fields::track::kParentUuid, tracks_.process());
    track.bytes(fields::track::kName, "task");
    Packet packet(*this, fields::packet::kNeedsState);
    packet.message(fields::packet::kTrackDescriptor, track);
    packet.send();
  }
  EventMessage track_event;
  add_type(track_event, begins ? event_fields::kBegin : event_fields::kEnd, "task", name);
  track_event.varint(event_fields::kTrackUuid, tracks_.task(event.object));
  if (begins) {
    add_number(track_event, "task", fields::annotation::kUint, event.object);
    add_number(track_event, "tid", fields::annotation::kInt, static_cast<uint64_t>(tid_));
  }
  write_event(event.time_ns, track_event);
}

void TracePackets::write_log(const TraceEventView& event, Message& track_event) {
  const std::string_view text = event.text_view();
  const std::string_view category(text.data(), std::min(text.find('\0'), text.size()));
  std::string_view message = text;
  message.remove_prefix(std::min(category.size() + 1, text.size()));
  add_type(track_event, event_fields::kInstant, "log", clean(message));
  add_text(track_event, "category", clean(category));
}

void TracePackets::write(const TraceEventView& event) {
  EventMessage to;
  constexpr auto kInt = fields::annotation::kInt;
  switch (event.kind) {
    case TraceKind::kWaitEnd:
      return write_wait_end(event);
    case TraceKind::kSample:
      return write_sample(event);
    case TraceKind::kTaskBegin:
    case TraceKind::kTaskEnd:
      return write_task(event);
    case TraceKind::kWaitBegin:
      write_wait_begin(event, to);
      break;
    case TraceKind::kWake:
      add_type(to, event_fields::kInstant, "wake", wake_name(event.detail));
      to.fixed64(event_fields::kFlowIds, tracks_.flow(event.value));
      add_number(to, "object", fields::annotation::kPointer, event.object);
      add_stack(to, event.stack);
      break;
    case TraceKind::kThreadBegin:
      add_type(to, event_fields::kInstant, "thread", "thread begins");
      if (event.object != 0) {
        const int32_t maker = segments_.tid_of(static_cast<uint32_t>(event.object));
        add_number(to, "made by tid", kInt, static_cast<uint64_t>(maker));
      }
      add_stack(to, event.stack);
      break;
    case TraceKind::kThreadEnd:
      add_type(to, event_fields::kInstant, "thread", "thread ends");
      if (event.value != 0) to.fixed64(event_fields::kFlowIds, tracks_.flow(event.value));
      break;
    case TraceKind::kCounter:
      to.varint(event_fields::kType, event_fields::kCounter);
      to.varint(event_fields::kTrackUuid, tracks_.counter(event.detail));
      to.varint_always(event_fields::kCounterValue, event.value);
      break;
    case TraceKind::kFork:
      add_type(to, event_fields::kInstant, "process", "fork");
      break;
    case TraceKind::kExec:
      add_type(to, event_fields::kInstant, "process", event.value == 0 ? "exec" : "exec failed");
      if (event.value != 0) add_number(to, "error", kInt, event.value);
      break;
    case TraceKind::kRegionBegin:
      add_type(to, event_fields::kBegin, "region", clean(event.text_view()));
      depth_++;
      break;
    case TraceKind::kRegionEnd:
      if (depth_ == 0) return;
      depth_--;
      to.varint(event_fields::kType, event_fields::kEnd);
      break;
    case TraceKind::kLog:
      write_log(event, to);
      break;
    default:
      ++*bad_;
      return;
  }
  write_event(event.time_ns, to);
}

}  // namespace encoder
