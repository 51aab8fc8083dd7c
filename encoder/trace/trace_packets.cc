#include "encoder/trace/trace_packets.h"

#include <algorithm>

#include "encoder/trace/trace_messages.h"

namespace encoder {

namespace fields = trace_fields;

using layout::TraceKind;

namespace {

const char* wake_name(unsigned kind) {
  static constexpr const char* kNames[] = {"wake", "unlock", "unlock", "unlock", "unlock", "signal",
                                           "post", "end",    "arrive", "done",   "wake"};
  return kind < sizeof kNames / sizeof *kNames ? kNames[kind] : "wake";
}

bool is_call(unsigned kind) {
  return kind >= layout::kFirstCall;
}

}  // namespace

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
