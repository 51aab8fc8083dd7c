// A trace's packets: what each event of the tables becomes.
#pragma once

#include <cstdint>

#include "encoder/trace/trace_segments.h"
#include "encoder/trace/trace_stacks.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"

namespace encoder {

// Numbers of tracks, which no other process's trace has.
class TraceTracks {
 public:
  explicit TraceTracks(const layout::Header& header)
      : seed_(mixed(header.start_realtime_ns, static_cast<uint64_t>(header.pid))) {}
  uint64_t process() const { return number(0, 0); }
  uint64_t thread(uint32_t serial) const { return number(1, serial); }
  uint64_t task(uint64_t id) const { return number(2, id); }
  uint64_t counter(unsigned which) const { return number(3, which); }
  uint64_t flow(uint64_t wake) const { return number(4, wake); }

 private:
  uint64_t number(uint64_t kind, uint64_t id) const {
    const uint64_t n = mixed(seed_ + kind, id);
    return n == 0 ? 1 : n;
  }
  uint64_t seed_;
};

class TracePackets {
 public:
  TracePackets(const TablesView& view, StringTable& strings, TraceStacks& stacks,
               const TraceSegments& segments, MessageStream& out, uint64_t* bad)
      : view_(view),
        strings_(strings),
        stacks_(stacks),
        segments_(segments),
        out_(out),
        bad_(bad),
        tracks_(view.header()) {}

  // The clock, the process and its counters; what is said of the recording.
  void write_head(uint64_t begun_ns, uint64_t end_ns, const layout::Trace* trace,
                  std::string_view comments);
  // A thread's own sequence.
  void begin_thread(const TraceSegments::Segment& last);
  void write(const TraceEventView& event);

  uint64_t written() const { return written_; }

 private:
  class Packet;

  void write_clocks();
  void write_process();
  void begin_sequence(uint64_t uuid, const Message& track);
  void write_wait_begin(const TraceEventView& event, Message& track_event);
  void write_wait_end(const TraceEventView& event);
  void write_task(const TraceEventView& event);
  void write_log(const TraceEventView& event, Message& track_event);
  void write_sample(const TraceEventView& event);
  void write_event(uint64_t time_ns, const Message& track_event);
  void add_stack(Message& track_event, layout::Ref stack);
  uint64_t stack_id(layout::Ref stack);
  std::string_view text_of(layout::Ref text);
  std::string_view clean(std::string_view text);

  const TablesView& view_;
  StringTable& strings_;
  TraceStacks& stacks_;
  const TraceSegments& segments_;
  MessageStream& out_;
  uint64_t* bad_;
  TraceTracks tracks_;
  uint32_t sequence_ = 1;
  int32_t tid_ = 0;
  uint32_t depth_ = 0;  // slices of the thread that are open
  uint64_t written_ = 0;
};

}  // namespace encoder
