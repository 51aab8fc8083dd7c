#include "encoder/trace/trace.h"

#include <algorithm>

#include "encoder/pprof/objects.h"
#include "encoder/trace/trace_packets.h"

namespace encoder {
namespace {

constexpr const char* kNoMemory = "there is not enough memory to write a trace";

class TraceEncoding {
 public:
  TraceEncoding(const EncodeInput& input, Arena& arena, Sink sink)
      : input_(input),
        view_(input.view),
        arena_(arena),
        budget_(view_.budget()),
        gzip_(sink),
        out_(gzip_),
        strings_(arena),
        objects_(view_, arena, budget_, &bad_),
        stacks_(view_, objects_, strings_, arena, budget_),
        segments_(view_, arena, budget_, &bad_),
        packets_(view_, strings_, stacks_, segments_, out_, &bad_) {}

  const char* run() {
    if (!gzip_.open(arena_) || !strings_.open() || !objects_.open() || !stacks_.open())
      return kNoMemory;
    const layout::Header& header = view_.header();
    const layout::Ref ref = header.trace.load(std::memory_order_acquire);
    const auto* trace = ref == 0 ? nullptr : view_.at<layout::Trace>(ref);
    if (trace != nullptr && !segments_.open(*trace)) return kNoMemory;
    uint64_t end_ns = header.end_monotonic_ns.load(std::memory_order_relaxed);
    if (end_ns == 0) end_ns = input_.end_monotonic_ns;
    const uint64_t begun_ns =
        input_.since_monotonic_ns != 0 ? input_.since_monotonic_ns : header.start_monotonic_ns;
    packets_.write_head(begun_ns, end_ns, trace, input_.extra_comments);
    for (uint32_t i = 0; i < segments_.size();) i = write_thread(i);
    return gzip_.finish() ? nullptr : "the trace could not be written";
  }

  void tell(Result* out) const {
    out->samples = packets_.written();
    out->bytes = gzip_.compressed_bytes();
    out->addresses = stacks_.address_count();
    out->skipped = bad_;
  }

 private:
  // Gives where the next thread's segments begin.
  uint32_t write_thread(uint32_t first) {
    uint32_t end = first;
    while (end < segments_.size() && segments_[end].serial == segments_[first].serial) end++;
    packets_.begin_thread(segments_[end - 1]);
    open_count_ = 0;
    bool is_inside = false;
    for (uint32_t i = first; i < end; i++) {
      segments_.each_event(i, [&](const TraceEventView& event) {
        if (event.time_ns < input_.since_monotonic_ns) {
          if (!is_inside) follow(event);
          return;
        }
        if (!is_inside) write_open();
        is_inside = true;
        packets_.write(event);
      });
    }
    if (!is_inside) write_open();
    return end;
  }

  // What is open when a window begins is in it from its beginning: a thread may wait for all of it.
  void follow(const TraceEventView& event) {
    using layout::TraceKind;
    if (event.kind == TraceKind::kWaitBegin || event.kind == TraceKind::kRegionBegin) {
      if (open_count_ < kMostOpen) open_[open_count_] = event;
      open_count_++;
    } else if (event.kind == TraceKind::kWaitEnd || event.kind == TraceKind::kRegionEnd) {
      if (open_count_ > 0) open_count_--;
    } else if (event.kind == TraceKind::kThreadEnd) {
      open_count_ = 0;
    }
  }

  void write_open() {
    for (unsigned i = 0; i < std::min(open_count_, kMostOpen); i++) {
      open_[i].time_ns = input_.since_monotonic_ns;
      packets_.write(open_[i]);
    }
  }

  const EncodeInput& input_;
  const TablesView& view_;
  Arena& arena_;
  Budget budget_;
  uint64_t bad_ = 0;
  Gzip gzip_;
  MessageStream out_;
  StringTable strings_;
  ObjectTable objects_;
  TraceStacks stacks_;
  TraceSegments segments_;
  TracePackets packets_;
  static constexpr unsigned kMostOpen = 4;  // deeper ones are left out
  TraceEventView open_[kMostOpen] = {};
  unsigned open_count_ = 0;
};

}  // namespace

bool encode_trace(const EncodeInput& input, Arena& arena, Sink sink, Result* out) {
  *out = {};
  TraceEncoding encoding(input, arena, sink);
  out->error = encoding.run();
  encoding.tell(out);
  return out->error == nullptr;
}

}  // namespace encoder
