#include "program/profiles/location_frames.h"

#include <cstdio>

namespace program {
namespace {

using Functions = std::unordered_map<uint64_t, const pprof::Function*>;
using Mappings = std::unordered_map<uint64_t, const pprof::Mapping*>;

Functions functions_of(const Profile& profile) {
  Functions functions;
  for (const auto& function : profile.function()) functions[function.id()] = &function;
  return functions;
}

Mappings mappings_of(const Profile& profile) {
  Mappings mappings;
  for (const auto& mapping : profile.mapping()) mappings[mapping.id()] = &mapping;
  return mappings;
}

std::string address_text(const Profile& profile, const Mappings& mappings,
                         const pprof::Location& location) {
  char text[24];
  snprintf(text, sizeof text, "%#lx", location.address());
  const auto mapping = mappings.find(location.mapping_id());
  if (mapping == mappings.end()) return text;
  const std::string& file = text_of(profile, mapping->second->filename());
  return file.substr(file.rfind('/') + 1) + " " + text;
}

}  // namespace

LocationFrames frames_of(const Profile& profile) {
  const Functions functions = functions_of(profile);
  const Mappings mappings = mappings_of(profile);
  LocationFrames all;
  for (const auto& location : profile.location()) {
    std::vector<NamedFrame>& frames = all[location.id()];
    if (location.line().empty())
      frames.push_back({address_text(profile, mappings, location), "", 0, false});
    for (const auto& line : location.line()) {
      const pprof::Function& function = *functions.at(line.function_id());
      frames.push_back({text_of(profile, function.name()), text_of(profile, function.filename()),
                        line.line(), true});
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
