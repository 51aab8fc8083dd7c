#include "encoder/program/agent/text_forms.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

namespace program {
namespace {

std::string hex(uint64_t number) {
  char text[24];
  snprintf(text, sizeof text, "%#lx", number);
  return text;
}

// A profile's own ids and numbers, followed.
class Reader {
 public:
  explicit Reader(const Profile& profile) : profile_(profile) {
    for (const auto& location : profile.location()) locations_[location.id()] = &location;
    for (const auto& function : profile.function()) functions_[function.id()] = &function;
  }

  const std::string& text(int64_t index) const { return text_of(profile_, index); }
  const pprof::Location& location(uint64_t id) const { return *locations_.at(id); }
  std::string name(const pprof::Line& line) const {
    return text(functions_.at(line.function_id())->name());
  }
  std::string place(const pprof::Line& line) const {
    return text(functions_.at(line.function_id())->filename()) + ":" + std::to_string(line.line());
  }

  // " @ 0x1 0x2". The readers of this form take one off each address, which stand for what comes
  // back from a call.
  std::string addresses(const pprof::Sample& sample) const {
    std::string text = " @";
    for (const uint64_t id : sample.location_id()) text += " " + hex(location(id).address() + 1);
    return text + "\n";
  }

  std::string frames(const pprof::Sample& sample) const {
    std::string text;
    for (const uint64_t id : sample.location_id()) {
      const pprof::Location& at = location(id);
      if (at.line().empty()) text += "#\t" + hex(at.address() + 1) + "\n";
      for (const auto& line : at.line()) {
        text += "#\t" + hex(at.address() + 1) + "\t" + name(line) + "\t" + place(line) + "\n";
      }
    }
    return text + "\n";
  }

  // As a traceback tells them: a line for the function, one for the place.
  std::string traceback(const pprof::Sample& sample) const {
    std::string text;
    for (const uint64_t id : sample.location_id()) {
      const pprof::Location& at = location(id);
      if (at.line().empty()) text += hex(at.address() + 1) + "(...)\n";
      for (const auto& line : at.line()) text += name(line) + "(...)\n\t" + place(line) + "\n";
    }
    return text + "\n";
  }

  // The text or the number under a key; empty, 0 without it.
  std::string label(const pprof::Sample& sample, const char* key) const {
    for (const auto& label : sample.label()) {
      if (text(label.key()) == key) {
        return label.str() != 0 ? text(label.str()) : std::to_string(label.num());
      }
    }
    return "";
  }

  std::string labels(const pprof::Sample& sample) const {
    nlohmann::ordered_json labels = nlohmann::ordered_json::object();
    for (const auto& label : sample.label()) {
      if (label.str() != 0) labels[text(label.key())] = text(label.str());
    }
    if (labels.empty()) return "";
    return "# labels: " + labels.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
           "\n";
  }

 private:
  const Profile& profile_;
  std::unordered_map<uint64_t, const pprof::Location*> locations_;
  std::unordered_map<uint64_t, const pprof::Function*> functions_;
};

std::vector<const pprof::Sample*> sorted(const Profile& profile, int by) {
  std::vector<const pprof::Sample*> samples;
  for (const auto& sample : profile.sample()) samples.push_back(&sample);
  std::stable_sort(samples.begin(), samples.end(),
                   [by](const auto* a, const auto* b) { return a->value(by) > b->value(by); });
  return samples;
}

std::string four_values(const int64_t* values) {
  return std::to_string(values[2]) + ": " + std::to_string(values[3]) + " [" +
         std::to_string(values[0]) + ": " + std::to_string(values[1]) + "]";
}

std::string heap_form(const Profile& profile) {
  const Reader reader(profile);
  int64_t total[4] = {};
  std::string rows;
  for (const pprof::Sample* sample : sorted(profile, 3)) {
    for (int i = 0; i < 4; i++) total[i] += sample->value(i);
    rows += four_values(sample->value().data()) + reader.addresses(*sample);
    rows += reader.frames(*sample);
  }
  // The weights are in the values already: no rate stands behind the name.
  std::string text = "heap profile: " + four_values(total) + " @ heapprofile\n" + rows;
  text += "\n";
  for (const int64_t comment : profile.comment()) {
    const std::string& line = reader.text(comment);
    text += line.starts_with("# ") ? line + "\n" : "# " + line + "\n";
  }
  return text;
}

std::string contention_form(const std::string& mode, const Profile& profile) {
  const Reader reader(profile);
  std::string text = mode == "mutex" ? "--- mutex:\n" : "--- contention:\n";
  text += "cycles/second=1000000000\n";
  if (mode == "mutex") text += "sampling period=1\n";
  for (const pprof::Sample* sample : sorted(profile, 1)) {
    text += std::to_string(sample->value(1)) + " " + std::to_string(sample->value(0));
    text += reader.addresses(*sample) + reader.frames(*sample);
  }
  return text;
}

std::string count_form(const std::string& mode, const Profile& profile) {
  const Reader reader(profile);
  int64_t total = 0;
  std::string rows;
  for (const pprof::Sample* sample : sorted(profile, 0)) {
    total += sample->value(0);
    rows += std::to_string(sample->value(0)) + reader.addresses(*sample);
    rows += reader.labels(*sample) + reader.frames(*sample);
  }
  return mode + " profile: total " + std::to_string(total) + "\n" + rows;
}

}  // namespace

std::string text_form(const std::string& mode, const Profile& profile) {
  if (profile.sample_type_size() == 4) return heap_form(profile);
  if (mode == "block" || mode == "mutex") return contention_form(mode, profile);
  return count_form(mode, profile);
}

std::string stacks_form(const Profile& profile) {
  const Reader reader(profile);
  std::string running, waiting;
  for (const auto& sample : profile.sample()) {
    const std::string state = reader.label(sample, "state");
    (state == "running" ? running : waiting) += "goroutine " + reader.label(sample, "tid") + " [" +
                                                state + ", " + reader.label(sample, "thread") +
                                                "]:\n" + reader.traceback(sample);
  }
  return running + waiting;
}

std::string json_form(const Profile& profile) {
  using nlohmann::json;
  const Reader reader(profile);
  std::map<std::string, int> known;
  json names = json::array(), places = json::array(), samples = json::array();
  const auto frame = [&](const std::string& name, const std::string& place) {
    const auto [at, added] = known.try_emplace(name, static_cast<int>(known.size()));
    if (added) names.push_back(name), places.push_back(place);
    return at->second;
  };
  for (const auto& sample : profile.sample()) {
    json stack = json::array();  // from the root
    for (int i = sample.location_id_size() - 1; i >= 0; i--) {
      const pprof::Location& at = reader.location(sample.location_id(i));
      if (at.line().empty()) stack.push_back(frame(hex(at.address()), ""));
      for (int line = at.line_size() - 1; line >= 0; line--) {
        stack.push_back(frame(reader.name(at.line(line)), reader.place(at.line(line))));
      }
    }
    samples.push_back({{"s", stack}, {"v", json(sample.value())}});
  }
  json types = json::array(), comments = json::array();
  for (const auto& type : profile.sample_type()) {
    types.push_back({{"type", reader.text(type.type())}, {"unit", reader.text(type.unit())}});
  }
  for (const int64_t comment : profile.comment()) comments.push_back(reader.text(comment));
  const json all = {{"types", types},
                    {"shown", reader.text(profile.default_sample_type())},
                    {"names", names},
                    {"places", places},
                    {"samples", samples},
                    {"comments", comments},
                    {"seconds", static_cast<double>(profile.duration_nanos()) / 1e9}};
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace program
