// A profile whose samples stay as they were encoded, and are decoded one by one: a parsed message
// takes up to forty times its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "program/profiles/profile.h"

namespace program {

// Context: any thread, once it is read.
class PackedProfile {
 public:
  // Of gzip'd bytes. False if they are no profile that keeps the rules.
  bool read(const std::string& bytes);

  // All but the samples.
  const Profile& rest() const { return rest_; }
  size_t sample_count() const { return samples_.size(); }
  // Valid until the thread's next call.
  const pprof::Sample& sample(size_t index) const;
  // The samples' indexes, largest value first.
  std::vector<uint32_t> sorted_by(int value) const;
  const pprof::Location& location(uint64_t id) const { return *locations_.at(id); }
  const pprof::Function& function(uint64_t id) const { return *functions_.at(id); }
  const std::string& text(int64_t index) const { return text_of(rest_, index); }
  // The text or the number under a key; empty without it.
  std::string label(const pprof::Sample& sample, const char* key) const;
  size_t held_bytes() const;

 private:
  struct Part {
    uint32_t begin, size;
  };
  bool split();
  bool is_good(const pprof::Sample& sample) const;

  std::string unpacked_;
  std::vector<Part> samples_;
  Profile rest_;
  std::unordered_map<uint64_t, const pprof::Location*> locations_;
  std::unordered_map<uint64_t, const pprof::Function*> functions_;
};

}  // namespace program
