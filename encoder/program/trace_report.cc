#include "encoder/program/trace_report.h"

#include <map>
#include <unordered_map>

#include "encoder/program/trace_file.h"

namespace program {
namespace {

using perfetto::protos::TrackEvent;
using TraceStack = std::vector<const TraceStrings::Frame*>;
using Lines = std::vector<perfetto::protos::Line>;
using Symbols = std::map<std::pair<std::string, uint64_t>, Lines>;  // by path, address

// A profile of contentions and their delays, as mode block has it.
class DelayProfile {
 public:
  DelayProfile(const Symbols& symbols, const std::string& program, const std::string& about)
      : symbols_(symbols) {
    text("");
    for (const char* name : {"contentions", "count", "delay", "nanoseconds"}) text(name);
    add_type(profile_.add_sample_type(), "contentions", "count");
    add_type(profile_.add_sample_type(), "delay", "nanoseconds");
    profile_.set_default_sample_type(text("delay"));
    add_type(profile_.mutable_period_type(), "contentions", "count");
    profile_.set_period(1);
    profile_.add_comment(text(about));
    // Its frames have names already: the program stands for all.
    auto* mapping = profile_.add_mapping();
    mapping->set_id(1);
    mapping->set_filename(text(program));
    mapping->set_has_functions(true);
    mapping->set_has_filenames(true);
    mapping->set_has_line_numbers(true);
    mapping->set_has_inline_frames(true);
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
  int64_t text(const std::string& value) {
    const auto [at, added] = texts_.try_emplace(value, profile_.string_table_size());
    if (added) profile_.add_string_table(value);
    return at->second;
  }
  void add_type(pprof::ValueType* to, const char* type, const char* unit) {
    to->set_type(text(type));
    to->set_unit(text(unit));
  }

  uint64_t function(const std::string& name, const std::string& file) {
    const auto [at, added] = functions_.try_emplace({name, file}, functions_.size() + 1);
    if (added) {
      auto* function = profile_.add_function();
      function->set_id(at->second);
      function->set_name(text(name));
      function->set_system_name(text(name));
      function->set_filename(text(file));
    }
    return at->second;
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
      location->add_line()->set_function_id(function(name, ""));
      return at->second;
    }
    for (const auto& from : symbol->second) {
      auto* line = location->add_line();
      line->set_function_id(function(from.function_name(), from.source_file_name()));
      line->set_line(from.line_number());
    }
    return at->second;
  }

  const Symbols& symbols_;
  Profile profile_;
  std::map<TraceStack, std::pair<int64_t, int64_t>> delays_;
  std::map<std::string, int64_t> texts_;
  std::map<std::pair<std::string, std::string>, uint64_t> functions_;
  std::map<std::pair<std::string, uint64_t>, uint64_t> locations_;
};

// What a first pass finds: whoever is woken may stand before who woke it.
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
      found->symbols[{packet.module_symbols().path(), at.address()}] =
          Lines(at.lines().begin(), at.lines().end());
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
