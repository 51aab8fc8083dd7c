// A form of a profile that has a piece for each sample, made from the packed profile as it is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "program/agent/http/packed_profile.h"
#include "program/agent/http/shared_text.h"

namespace program {

inline std::string hex(uint64_t number) {
  char text[24];
  snprintf(text, sizeof text, "%#lx", number);
  return text;
}

// A head, a piece for each sample, an end.
class SampleForm : public SharedText {
 public:
  // The derived class sets the head.
  SampleForm(PackedProfile profile, int sorted_by)
      : profile_(std::move(profile)), order_(profile_.sorted_by(sorted_by)) {}

  bool part(size_t number, std::string* text) const override {
    if (block(head_, number, text)) return true;
    const size_t at = number - block_count(head_);
    if (at > order_.size()) return false;
    at < order_.size() ? piece(profile_.sample(order_[at]), at == 0, text) : end(text);
    return true;
  }
  size_t held_bytes() const override {
    return profile_.held_bytes() + order_.size() * sizeof order_[0] + head_.capacity();
  }

 protected:
  virtual void piece(const pprof::Sample& sample, bool is_first, std::string* text) const = 0;
  virtual void end(std::string*) const {}
  void set_head(std::string text) { head_ = std::move(text); }

  const PackedProfile& profile() const { return profile_; }

  void each_sample(const std::function<void(const pprof::Sample&)>& visit) const {
    for (size_t i = 0; i < profile_.sample_count(); i++) visit(profile_.sample(i));
  }
  const std::string& name(const pprof::Line& line) const {
    return profile_.text(profile_.function(line.function_id()).name());
  }
  std::string place(const pprof::Line& line) const {
    std::string text;
    add_place(line, &text);
    return text;
  }
  void add_place(const pprof::Line& line, std::string* text) const {
    *text += profile_.text(profile_.function(line.function_id()).filename());
    *text += ':';
    *text += std::to_string(line.line());
  }

  // " @ 0x1 0x2". The readers of this form take one off each address, which stand for what comes
  // back from a call.
  void addresses(const pprof::Sample& sample, std::string* text) const {
    *text += " @";
    for (const uint64_t id : sample.location_id()) {
      *text += ' ';
      *text += hex(profile_.location(id).address() + 1);
    }
    *text += '\n';
  }

  void frames(const pprof::Sample& sample, std::string* text) const {
    for (const uint64_t id : sample.location_id()) {
      const pprof::Location& at = profile_.location(id);
      const std::string address = hex(at.address() + 1);
      if (at.line().empty()) text->append("#\t").append(address).append("\n");
      for (const auto& line : at.line()) {
        text->append("#\t").append(address).append("\t").append(name(line)).append("\t");
        add_place(line, text);
        *text += '\n';
      }
    }
    *text += '\n';
  }

 private:
  const PackedProfile profile_;
  const std::vector<uint32_t> order_;
  std::string head_;
};

}  // namespace program
