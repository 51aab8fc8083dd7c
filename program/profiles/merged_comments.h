// What a merged profile says about the processes it is of.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "program/profiles/profile.h"

namespace program {

// The process that a profile is of, as far as the file tells.
struct ProfileOrigin {
  std::string mode;     // of the comment `# mode: `
  std::string program;  // base name of the first mapping's file
  int64_t pid = 0;      // of the comment `# pid: `; 0: not known
};
ProfileOrigin origin_of(const Profile& profile);

// Facts that all profiles share are kept once, command lines and troubles with their process.
class MergedComments {
 public:
  void take(const Profile& next, const ProfileOrigin& origin);
  std::vector<std::string> lines() const;

 private:
  void take_trouble(const std::string& line, const ProfileOrigin& origin);

  size_t count_ = 0;
  std::vector<std::string> facts_;  // that all have said so far
  struct Trouble {
    std::string line, first;  // and the process that said it first
    size_t processes = 0;
  };
  std::vector<std::string> processes_;
  std::vector<Trouble> troubles_;
  std::unordered_map<std::string, size_t> trouble_index_;
  size_t troubles_left_out_ = 0;
  bool any_samples_ = false;
  std::string empty_;  // why, if all are
};

}  // namespace program
