// Adds strings, functions and lines to a profile that has passed fault_of(), or is empty still.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "program/profiles/frame.h"
#include "program/profiles/profile.h"

namespace program {

// All of the mapping's locations have their lines: pprof is not to look for names itself.
void mark_named(pprof::Mapping* mapping);

class ProfileEditor {
 public:
  explicit ProfileEditor(Profile* profile);

  // Index of the text; bytes that are not UTF-8 become '?', since protobuf strings must be.
  int64_t text(std::string_view value);

  // The comment that begins with the subject says this, in place of what one said before; empty: no
  // comment. `fact`: pprof hides it above reports ("# ").
  void set_comment(const std::string& subject, const std::string& sentence, bool fact);

  // Replaces the lines of a location; leaf-most inlined frame first.
  void set_lines(pprof::Location* location, const std::vector<Frame>& frames);

 private:
  // One function for each (name, system name, file, start line).
  uint64_t function(const Frame& frame);

  Profile* profile_;
  std::unordered_map<std::string, int64_t> texts_;
  std::unordered_set<uint64_t> function_ids_;
  uint64_t last_function_id_ = 0;
  std::unordered_map<std::string, uint64_t> functions_;
};

}  // namespace program
