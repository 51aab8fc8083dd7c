#include "program/profiles/location_frames.h"

#include <cstdio>

namespace program {
namespace {

using Functions = std::unordered_map<uint64_t, const pprof::Function*>;

Functions functions_of(const Profile& profile) {
  Functions functions;
  for (const auto& function : profile.function()) functions[function.id()] = &function;
  return functions;
}

std::string address_text(const Profile& profile, const pprof::Location& location) {
  char text[24];
  snprintf(text, sizeof text, "%#lx", location.address());
  for (const auto& mapping : profile.mapping()) {
    if (mapping.id() != location.mapping_id()) continue;
    const std::string& file = text_of(profile, mapping.filename());
    return file.substr(file.rfind('/') + 1) + " " + text;
  }
  return text;
}

}  // namespace

LocationFrames frames_of(const Profile& profile) {
  const Functions functions = functions_of(profile);
  LocationFrames all;
  for (const auto& location : profile.location()) {
    std::vector<NamedFrame>& frames = all[location.id()];
    if (location.line().empty()) frames.push_back({address_text(profile, location), "", 0});
    for (const auto& line : location.line()) {
      const pprof::Function& function = *functions.at(line.function_id());
      frames.push_back(
          {text_of(profile, function.name()), text_of(profile, function.filename()), line.line()});
    }
  }
  return all;
}

std::string number_text(int64_t number, const std::string& unit) {
  const std::string text = std::to_string(number);
  return unit.empty() || unit == "count" ? text : text + " " + unit;
}

std::string value_of(const Profile& profile, const pprof::Label& label) {
  if (label.str() != 0) return text_of(profile, label.str());
  return number_text(label.num(), text_of(profile, label.num_unit()));
}

}  // namespace program
