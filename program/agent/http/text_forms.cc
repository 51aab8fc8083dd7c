#include "program/agent/http/text_forms.h"

#include <nlohmann/json.hpp>

#include "program/agent/http/sample_form.h"

namespace program {
namespace {

std::string four_values(const int64_t* values) {
  return std::to_string(values[2]) + ": " + std::to_string(values[3]) + " [" +
         std::to_string(values[0]) + ": " + std::to_string(values[1]) + "]";
}

class HeapForm : public SampleForm {
 public:
  explicit HeapForm(PackedProfile from) : SampleForm(std::move(from), 3) {
    int64_t total[4] = {};
    each_sample([&](const pprof::Sample& sample) {
      for (int i = 0; i < 4; i++) total[i] += sample.value(i);
    });
    // The weights are in the values already: no rate stands behind the name.
    set_head("heap profile: " + four_values(total) + " @ heapprofile\n");
  }

 private:
  void piece(const pprof::Sample& sample, bool, std::string* text) const override {
    *text += four_values(sample.value().data());
    addresses(sample, text);
    frames(sample, text);
  }
  void end(std::string* text) const override {
    *text += "\n";
    for (const int64_t comment : profile().rest().comment()) {
      const std::string& line = profile().text(comment);
      *text += line.starts_with("# ") ? line + "\n" : "# " + line + "\n";
    }
  }
};

class ContentionForm : public SampleForm {
 public:
  ContentionForm(bool is_mutex, PackedProfile from) : SampleForm(std::move(from), 1) {
    const std::string name = is_mutex ? "--- mutex:\n" : "--- contention:\n";
    set_head(name + "cycles/second=1000000000\n" + (is_mutex ? "sampling period=1\n" : ""));
  }

 private:
  void piece(const pprof::Sample& sample, bool, std::string* text) const override {
    *text += std::to_string(sample.value(1)) + " " + std::to_string(sample.value(0));
    addresses(sample, text);
    frames(sample, text);
  }
};

class CountForm : public SampleForm {
 public:
  CountForm(const std::string& mode, PackedProfile from) : SampleForm(std::move(from), 0) {
    int64_t total = 0;
    each_sample([&](const pprof::Sample& sample) { total += sample.value(0); });
    set_head(mode + " profile: total " + std::to_string(total) + "\n");
  }

 private:
  void piece(const pprof::Sample& sample, bool, std::string* text) const override {
    *text += std::to_string(sample.value(0));
    addresses(sample, text);
    labels(sample, text);
    frames(sample, text);
  }
  void labels(const pprof::Sample& sample, std::string* text) const {
    nlohmann::ordered_json labels = nlohmann::ordered_json::object();
    for (const auto& label : sample.label()) {
      if (label.str() != 0) labels[profile().text(label.key())] = profile().text(label.str());
    }
    if (labels.empty()) return;
    *text +=
        "# labels: " + labels.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
};

// As a traceback tells them: a line for the function, one for the place. A process has few threads:
// both halves are texts.
class StacksForm : public SampleForm {
 public:
  explicit StacksForm(PackedProfile from) : SampleForm(std::move(from), 0) {
    std::string text;
    each(true, &text);
    set_head(std::move(text));
  }

 private:
  void piece(const pprof::Sample&, bool, std::string*) const override {}
  void end(std::string* text) const override { each(false, text); }

  void each(bool running, std::string* text) const {
    each_sample([&](const pprof::Sample& sample) {
      const std::string state = profile().label(sample, "state");
      if ((state == "running") != running) return;
      *text += "goroutine " + profile().label(sample, "tid") + " [" + state + ", " +
               profile().label(sample, "thread") + "]:\n";
      traceback(sample, text);
    });
  }
  void traceback(const pprof::Sample& sample, std::string* text) const {
    for (const uint64_t id : sample.location_id()) {
      const pprof::Location& at = profile().location(id);
      if (at.line().empty()) *text += hex(at.address() + 1) + "(...)\n";
      for (const auto& line : at.line()) *text += name(line) + "(...)\n\t" + place(line) + "\n";
    }
    *text += "\n";
  }
};

}  // namespace

std::unique_ptr<const SharedText> text_form(const std::string& mode, PackedProfile profile) {
  const int values = profile.rest().sample_type_size();
  if (values == 4) return std::make_unique<HeapForm>(std::move(profile));
  if (values == 2 && (mode == "block" || mode == "mutex")) {
    return std::make_unique<ContentionForm>(mode == "mutex", std::move(profile));
  }
  return std::make_unique<CountForm>(mode, std::move(profile));
}

std::unique_ptr<const SharedText> stacks_form(PackedProfile profile) {
  return std::make_unique<StacksForm>(std::move(profile));
}

}  // namespace program
