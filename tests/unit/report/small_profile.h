// Profiles of a few lines, for tests of what is made of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "program/profiles/profile.h"
#include "program/profiles/profile_editor.h"

// A profile whose stacks are functions of a name each, the leaf first: "leaf caller root". Those in
// brackets have no file, those that begin with 0x no name.
class SmallProfile {
 public:
  SmallProfile(const std::string& mode,
               const std::vector<std::pair<std::string, std::string>>& types, int64_t period = 1) {
    for (const auto& [type, unit] : types) {
      auto* added = profile_.add_sample_type();
      added->set_type(editor_.text(type)), added->set_unit(editor_.text(unit));
    }
    profile_.set_period(period);
    profile_.add_comment(editor_.text("# mode: " + mode));
  }

  SmallProfile& add(const std::string& stack, const std::vector<int64_t>& values) {
    auto* sample = profile_.add_sample();
    for (size_t at = 0; at < stack.size();) {
      const size_t end = std::min(stack.find(' ', at), stack.size());
      sample->add_location_id(location(stack.substr(at, end - at)));
      at = end + 1;
    }
    for (const int64_t value : values) sample->add_value(value);
    return *this;
  }

  const program::Profile& profile() const { return profile_; }

 private:
  uint64_t location(const std::string& name) {
    const auto [at, is_new] = locations_.try_emplace(name, locations_.size() + 1);
    if (!is_new) return at->second;
    auto* location = profile_.add_location();
    location->set_id(at->second);
    if (name.starts_with("0x")) {
      location->set_address(std::stoul(name, nullptr, 16));
      return at->second;
    }
    program::Frame frame;
    frame.name = frame.system_name = name;
    if (name[0] != '[') frame.file = "/src/" + name + ".c", frame.line = 10;
    editor_.set_lines(location, {frame});
    return at->second;
  }

  static program::Profile empty() {
    program::Profile profile;
    profile.add_string_table("");
    return profile;
  }

  program::Profile profile_ = empty();
  program::ProfileEditor editor_{&profile_};
  std::map<std::string, uint64_t> locations_;
};
