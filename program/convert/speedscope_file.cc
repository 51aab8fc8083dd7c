#include <map>
#include <nlohmann/json.hpp>

#include "program/convert/converted_stacks.h"

namespace program {
namespace {

using nlohmann::json;

// speedscope knows these units by name.
std::string unit_of(const std::string& unit) {
  return unit == "nanoseconds" || unit == "bytes" ? unit : "none";
}

class Frames {
 public:
  size_t number(const NamedFrame& frame) {
    const auto [at, is_new] = numbers_.try_emplace(
        frame.name + '\n' + frame.file + '\n' + std::to_string(frame.line), numbers_.size());
    if (is_new) {
      json object = {{"name", frame.name}};
      if (!frame.file.empty()) object["file"] = frame.file;
      if (frame.line > 0) object["line"] = frame.line;
      all_.push_back(std::move(object));
    }
    return at->second;
  }
  const json& all() const { return all_; }

 private:
  std::map<std::string, size_t> numbers_;
  json all_ = json::array();
};

}  // namespace

std::string speedscope_file(const Profile& profile, int type, const std::string& name) {
  const LocationFrames locations = frames_of(profile);
  Frames frames;
  std::vector<std::vector<size_t>> stacks;
  for (const auto& sample : profile.sample()) {
    std::vector<size_t>& stack = stacks.emplace_back();
    for (const NamedFrame& frame : frames_of(sample, locations)) {
      stack.push_back(frames.number(frame));
    }
  }
  json profiles = json::array();
  for (int i = 0; i < profile.sample_type_size(); i++) {
    json samples = json::array(), weights = json::array();
    int64_t total = 0;
    for (int k = 0; k < profile.sample_size(); k++) {
      const int64_t value = profile.sample(k).value(i);
      if (value <= 0) continue;
      samples.push_back(stacks[static_cast<size_t>(k)]), weights.push_back(value);
      total = sum_of(total, value);
    }
    profiles.push_back({{"type", "sampled"},
                        {"name", text_of(profile, profile.sample_type(i).type())},
                        {"unit", unit_of(text_of(profile, profile.sample_type(i).unit()))},
                        {"startValue", 0},
                        {"endValue", total},
                        {"samples", samples},
                        {"weights", weights}});
  }
  const json all = {{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                    {"name", name},
                    {"exporter", "profiler"},
                    {"activeProfileIndex", type},
                    {"shared", {{"frames", frames.all()}}},
                    {"profiles", profiles}};
  return all.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace program
