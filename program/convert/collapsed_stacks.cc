#include <algorithm>
#include <map>

#include "program/convert/converted_stacks.h"

namespace program {

std::vector<NamedFrame> frames_of(const pprof::Sample& sample, const LocationFrames& frames) {
  std::vector<NamedFrame> stack;
  for (const uint64_t id : sample.location_id()) {
    const std::vector<NamedFrame>& here = frames.at(id);
    stack.insert(stack.end(), here.begin(), here.end());
  }
  std::reverse(stack.begin(), stack.end());
  return stack;
}

std::string collapsed_stacks(const Profile& profile, int type) {
  const LocationFrames frames = frames_of(profile);
  std::map<std::string, int64_t> stacks;
  for (const auto& sample : profile.sample()) {
    std::string line;
    for (NamedFrame& frame : frames_of(sample, frames)) {
      // What separates frames and lines cannot be in a name.
      std::replace(frame.name.begin(), frame.name.end(), ';', ':');
      std::replace(frame.name.begin(), frame.name.end(), '\n', ' ');
      line += (line.empty() ? "" : ";") + frame.name;
    }
    int64_t& sum = stacks[line.empty() ? "[no stack]" : line];
    sum = sum_of(sum, sample.value(type));
  }
  std::string text;
  for (const auto& [stack, value] : stacks) {
    if (value > 0) text += stack + " " + std::to_string(value) + "\n";
  }
  return text;
}

}  // namespace program
