// A written profile, read by libprotobuf, and questions to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "encoder/profile.pb.h"

namespace e2e {

struct Frame {
  std::string function, system_name, file;
  int64_t line = 0;
};

class ProfileFile {
 public:
  // Reads and checks the file: gzip, protobuf, and every rule of the format (CHECK).
  explicit ProfileFile(const std::string& path);

  const perftools::profiles::Profile& proto() const { return proto_; }
  const std::string& text(int64_t index) const;
  std::vector<std::string> comments() const;
  std::string all_comments() const;  // one a line
  // The numbers below are of one sample type: "cpu", "alloc_space" ...
  int64_t total(const std::string& type) const;
  int64_t containing(const std::string& type, const std::string& function) const;
  // The leaf's location is this function, or has it inlined.
  int64_t at_leaf(const std::string& type, const std::string& function) const;
  // The share of `total` whose leaf is this function.
  double share(const std::string& type, const std::string& function) const;
  // The share whose leaf has a name that says more than an address: `f`, `prog+0x1234`.
  double named_share(const std::string& type) const;
  std::vector<std::string> sample_types() const;  // "cpu/nanoseconds" ...
  std::string default_sample_type() const;
  // Frames of a sample, leaf first, inlined ones innermost first.
  std::vector<Frame> frames(int sample) const;
  std::vector<std::string> function_names() const;
  // The stack of the largest value whose leaf is this function, as "leaf < caller < ...".
  std::string stack_below(const std::string& type, const std::string& function) const;
  bool has_function(const std::string& function) const;
  std::string string_label(const perftools::profiles::Sample& sample, const std::string& key) const;
  // 0: it has none.
  int64_t number_label(const perftools::profiles::Sample& sample, const std::string& key) const;

 private:
  int value_index(const std::string& type) const;
  perftools::profiles::Profile proto_;
  std::vector<std::vector<Frame>> frames_of_location_;  // by position in proto_.location()
  std::vector<std::vector<int>> positions_;             // of each sample's locations
};

// The one profile of this mode in a directory's list; fails the test if there is not exactly one.
std::string only(const std::vector<std::string>& paths);

// That the file is a whole profile without a temporary name that breaks no rule (CHECK).
void check_rules(const std::string& path);

std::string gunzip(const std::string& path);

}  // namespace e2e
