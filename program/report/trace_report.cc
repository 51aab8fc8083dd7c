#include "program/report/trace_report.h"

#include <map>
#include <unordered_map>

#include "program/profiles/profile_editor.h"
#include "program/report/trace_file.h"

namespace program {
namespace {

using perfetto::protos::TrackEvent;
using TraceStack = std::vector<const TraceStrings::Frame*>;
using Symbols = std::map<std::pair<std::string, uint64_t>, std::vector<Frame>>;  // by path, address

// A profile of contentions and their delays, as mode block has it.
class DelayProfile {
 public:
  DelayProfile(const Symbols& symbols, const std::string& program, const std::string& about)
      : symbols_(symbols), editor_(&profile_) {
    editor_.text("");
    add_type(profile_.add_sample_type(), "contentions", "count");
    add_type(profile_.add_sample_type(), "delay", "nanoseconds");
    profile_.set_default_sample_type(editor_.text("delay"));
    add_type(profile_.mutable_period_type(), "contentions", "count");
    profile_.set_period(1);
    profile_.add_comment(editor_.text(about));
    // Its frames have names already: the program stands for all.
    auto* mapping = profile_.add_mapping();
    mapping->set_id(1);
    mapping->set_filename(editor_.text(program));
    mark_named(mapping);
  }

  void add(const TraceStack& stack, uint64_t delay_ns) {
    auto& [count, delay] = delays_[stack];
    count++;
    delay += static_cast<int64_t>(delay_ns);
  }

  void set_times(int64_t time_ns, int64_t duration_ns) {
    profile_.set_time_nanos(time_ns);
    profile_.set_duration_nanos(duration_ns);
  }

  Profile finish() {
    for (const auto& [stack, values] : delays_) {
      auto* sample = profile_.add_sample();
      for (size_t i = stack.size(); i-- > 0;) sample->add_location_id(location(*stack[i]));
      sample->add_value(values.first);
      sample->add_value(values.second);
    }
    return std::move(profile_);
  }

 private:
  void add_type(pprof::ValueType* to, const char* type, const char* unit) {
    to->set_type(editor_.text(type));
    to->set_unit(editor_.text(unit));
  }

  uint64_t location(const TraceStrings::Frame& frame) {
    const auto [at, added] =
        locations_.try_emplace({frame.path, frame.relative_pc}, locations_.size() + 1);
    if (!added) return at->second;
    auto* location = profile_.add_location();
    location->set_id(at->second);
    const auto symbol = symbols_.find({frame.path, frame.relative_pc});
    if (symbol == symbols_.end()) {
      char address[32];
      snprintf(address, sizeof address, "+0x%llx",
               static_cast<unsigned long long>(frame.relative_pc));
      const std::string name = !frame.function.empty()
                                   ? frame.function
                                   : frame.path.substr(frame.path.rfind('/') + 1) + address;
      editor_.set_lines(location, {{.name = name, .system_name = name}});
    } else {
      editor_.set_lines(location, symbol->second);
    }
    return at->second;
  }

  const Symbols& symbols_;
  Profile profile_;
  ProfileEditor editor_;
  std::map<TraceStack, std::pair<int64_t, int64_t>> delays_;
  std::map<std::pair<std::string, uint64_t>, uint64_t> locations_;
};

// What a first pass finds: a wake may stand behind the wait that it ends.
struct Found {
  TraceStrings strings;
  Symbols symbols;
  std::string program;
  std::unordered_map<uint64_t, uint64_t> wakes;  // when, by flow
  uint64_t first_ns = UINT64_MAX, last_ns = 0, realtime_ns = 0;
};

bool find(const std::string& bytes, Found* found) {
  return each_packet(bytes, [&](const TracePacket& packet) {
    found->strings.take(packet);
    for (const auto& clock : packet.clock_snapshot().clocks()) {
      if (clock.clock_id() == 1) found->realtime_ns = clock.timestamp();
    }
    for (const auto& at : packet.module_symbols().address_symbols()) {
      auto& frames = found->symbols[{packet.module_symbols().path(), at.address()}];
      frames.clear();
      for (const auto& line : at.lines()) {
        const std::string& name = line.function_name();
        frames.push_back({name, name, line.source_file_name(), line.line_number()});
      }
    }
    for (const uint64_t flow : packet.track_event().flow_ids()) {
      found->wakes[flow] = packet.timestamp();
    }
    if (packet.track_descriptor().has_process()) {
      found->program = packet.track_descriptor().process().process_name();
    }
    if (!packet.has_timestamp()) return;
    found->first_ns = std::min(found->first_ns, packet.timestamp());
    found->last_ns = std::max(found->last_ns, packet.timestamp());
  });
}

struct Open {
  std::string category;
  uint64_t since_ns;
};
struct OfSequence {
  std::vector<Open> open;
  const TraceStack* last_stack = nullptr;  // of the wait that ended last
};

}  // namespace

bool report_of_trace(const std::string& bytes,
                     std::vector<std::pair<std::string, Profile>>* profiles) {
  Found found;
  if (!find(bytes, &found)) return false;
  // Its path, if any stack has it.
  const std::string ending = "/" + found.program;
  found.program = "[" + found.program + "]";
  found.strings.each_frame([&](const TraceStrings::Frame& frame) {
    if (frame.path.ends_with(ending)) found.program = frame.path;
  });
  DelayProfile sync(found.symbols, found.program, "time that threads waited for each other");
  DelayProfile io(found.symbols, found.program, "time in calls that waited for input or output");
  DelayProfile calls(found.symbols, found.program,
                     "time in calls that waited for something else than a thread");
  DelayProfile latency(found.symbols, found.program,
                       "time from a wake to the end of the wait, by the wait's stack");
  std::map<uint32_t, OfSequence> sequences;
  each_packet(bytes, [&](const TracePacket& packet) {
    const TrackEvent& event = packet.track_event();
    if (!packet.has_track_event() || event.has_track_uuid()) return;
    OfSequence& mine = sequences[packet.trusted_packet_sequence_id()];
    if (event.type() == TrackEvent::TYPE_SLICE_BEGIN) {
      const std::string category = event.categories_size() > 0 ? event.categories(0) : "";
      mine.open.push_back({category, packet.timestamp()});
    } else if (event.type() == TrackEvent::TYPE_SLICE_END && !mine.open.empty()) {
      const Open wait = mine.open.back();
      mine.open.pop_back();
      const TraceStack* stack =
          found.strings.stack(packet.trusted_packet_sequence_id(), event.callstack_iid());
      if (stack == nullptr) return;
      mine.last_stack = stack;
      const uint64_t ns = packet.timestamp() - std::min(packet.timestamp(), wait.since_ns);
      if (wait.category == "sync") {
        sync.add(*stack, ns);
      } else {
        calls.add(*stack, ns);
        if (wait.category == "io") io.add(*stack, ns);
      }
    } else if (event.terminating_flow_ids_size() > 0 && mine.last_stack != nullptr) {
      const auto wake = found.wakes.find(event.terminating_flow_ids(0));
      if (wake == found.wakes.end() || wake->second > packet.timestamp()) return;
      latency.add(*mine.last_stack, packet.timestamp() - wake->second);
    }
  });
  const bool has_time = found.last_ns > found.first_ns;
  for (auto& [name, profile] : {std::pair<const char*, DelayProfile*>{"sync", &sync},
                                {"io", &io},
                                {"syscall", &calls},
                                {"sched", &latency}}) {
    profile->set_times(static_cast<int64_t>(found.realtime_ns),
                       has_time ? static_cast<int64_t>(found.last_ns - found.first_ns) : 0);
    profiles->emplace_back(name, profile->finish());
  }
  return true;
}

}  // namespace program
