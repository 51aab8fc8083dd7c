#include "program/report/trace_waits.h"

#include <algorithm>
#include <map>

#include "program/report/trace_file.h"

namespace program {
namespace {

using perfetto::protos::TrackEvent;
using Stack = std::vector<const TraceStrings::Frame*>;
using Lines = std::map<std::pair<std::string, uint64_t>, std::vector<TraceWait::Function>>;

constexpr const char* kRegion = "region";  // what the program says of itself is no wait

struct Found {
  TraceWait wait;
  const Stack* stack;
};

bool is_longer(const Found& a, const Found& b) {
  return a.wait.length_ns > b.wait.length_ns;
}

class Search {
 public:
  Search(uint64_t end_ns, size_t most) : end_ns_(end_ns), most_(most) {}

  void take(const TracePacket& packet) {
    strings_.take(packet);
    take_lines(packet);
    Sequence& sequence = sequences_[packet.trusted_packet_sequence_id()];
    if (packet.track_descriptor().has_thread()) {
      sequence.tid = packet.track_descriptor().thread().tid();
      sequence.thread = packet.track_descriptor().thread().thread_name();
    }
    const TrackEvent& event = packet.track_event();
    // An event with a track is a task's or a counter's; a sequence without a thread is the
    // process's.
    if (!packet.has_track_event() || event.has_track_uuid() || sequence.tid == 0) return;
    if (event.type() == TrackEvent::TYPE_SLICE_BEGIN) {
      const std::string category = event.categories_size() > 0 ? event.categories(0) : "";
      sequence.open.push_back({category, event.name(), packet.timestamp()});
    } else if (event.type() == TrackEvent::TYPE_SLICE_END && !sequence.open.empty()) {
      const uint32_t id = packet.trusted_packet_sequence_id();
      const Stack* stack = strings_.stack(id, event.callstack_iid());
      add(sequence, sequence.open.back(), packet.timestamp(), stack);
      sequence.open.pop_back();
    }
  }

  void finish(TraceWaits* waits) {
    for (const auto& [id, sequence] : sequences_) {
      for (const Open& open : sequence.open) add(sequence, open, end_ns_, nullptr, true);
    }
    std::sort_heap(longest_.begin(), longest_.end(), is_longer);
    waits->count = count_;
    for (Found& found : longest_) {
      if (found.stack != nullptr) add_functions(*found.stack, &found.wait.stack);
      waits->longest.push_back(std::move(found.wait));
    }
  }

 private:
  struct Open {
    std::string category, kind;
    uint64_t begin_ns;
  };
  struct Sequence {
    std::string thread;
    int64_t tid = 0;
    std::vector<Open> open;
  };

  void take_lines(const TracePacket& packet) {
    for (const auto& at : packet.module_symbols().address_symbols()) {
      auto& functions = lines_[{packet.module_symbols().path(), at.address()}];
      functions.clear();
      for (const auto& line : at.lines()) {
        const std::string number = ":" + std::to_string(line.line_number());
        const bool is_known = !line.source_file_name().empty();
        functions.push_back(
            {line.function_name(), is_known ? line.source_file_name() + number : ""});
      }
    }
  }

  // A heap with the shortest in front keeps the longest.
  void add(const Sequence& of, const Open& open, uint64_t end_ns, const Stack* stack,
           bool is_open = false) {
    if (open.category == kRegion) return;
    count_++;
    const uint64_t length = end_ns - std::min(end_ns, open.begin_ns);
    if (longest_.size() == most_) {
      if (longest_.empty() || longest_.front().wait.length_ns >= length) return;
      std::pop_heap(longest_.begin(), longest_.end(), is_longer);
      longest_.pop_back();
    }
    longest_.push_back({{.thread = of.thread,
                         .tid = of.tid,
                         .category = open.category,
                         .kind = open.kind,
                         .begin_ns = open.begin_ns,
                         .length_ns = length,
                         .is_open = is_open,
                         .stack = {}},
                        stack});
    std::push_heap(longest_.begin(), longest_.end(), is_longer);
  }

  void add_functions(const Stack& stack, std::vector<TraceWait::Function>* to) const {
    for (size_t i = stack.size(); i-- > 0;) {
      const TraceStrings::Frame& frame = *stack[i];
      const auto known = lines_.find({frame.path, frame.relative_pc});
      if (known != lines_.end()) {
        to->insert(to->end(), known->second.begin(), known->second.end());
      } else if (!frame.function.empty()) {
        to->push_back({frame.function, ""});
      } else {
        char address[32];
        snprintf(address, sizeof address, "+%#lx", frame.relative_pc);
        to->push_back({frame.path.substr(frame.path.rfind('/') + 1) + address, ""});
      }
    }
  }

  const uint64_t end_ns_;
  const size_t most_;
  TraceStrings strings_;
  Lines lines_;
  std::map<uint32_t, Sequence> sequences_;
  std::vector<Found> longest_;
  uint64_t count_ = 0;
};

}  // namespace

bool longest_waits(google::protobuf::io::ZeroCopyInputStream* input, uint64_t end_ns, size_t most,
                   TraceWaits* waits) {
  Search search(end_ns, most);
  if (!each_packet(input, [&](const TracePacket& packet) { search.take(packet); })) return false;
  search.finish(waits);
  return true;
}

}  // namespace program
