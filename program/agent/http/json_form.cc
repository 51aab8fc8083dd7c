#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "program/agent/http/sample_form.h"
#include "program/agent/http/text_forms.h"
#include "program/profiles/location_frames.h"

namespace program {
namespace {

// One object: functions by their numbers first (each name with each place that it has), then
// samples of these numbers, then the labels that samples have, by their numbers.
class JsonForm : public SampleForm {
 public:
  explicit JsonForm(PackedProfile from) : SampleForm(std::move(from), 0) {
    json types = json::array(), comments = json::array(), names = json::array(),
         places = json::array();
    const Profile& rest = profile().rest();
    for (const auto& type : rest.sample_type()) {
      types.push_back(
          {{"type", profile().text(type.type())}, {"unit", profile().text(type.unit())}});
    }
    for (const int64_t comment : rest.comment()) comments.push_back(profile().text(comment));
    std::unordered_map<std::string, uint32_t> known;
    const auto add = [&](const std::string& name, const std::string& place) {
      const auto number = static_cast<uint32_t>(known.size());
      const auto [at, is_new] = known.try_emplace(name + '\n' + place, number);
      if (is_new) names.push_back(name), places.push_back(place);
      return at->second;
    };
    for (const auto& location : rest.location()) {
      std::vector<uint32_t>& frames = frames_[location.id()];
      if (location.line().empty()) frames.push_back(add(hex(location.address()), ""));
      for (const auto& line : location.line()) frames.push_back(add(name(line), place(line)));
    }
    const json all = {
        {"types", types},       {"shown", profile().text(rest.default_sample_type())},
        {"names", names},       {"places", places},
        {"comments", comments}, {"seconds", static_cast<double>(rest.duration_nanos()) / 1e9}};
    std::string text = all.dump(-1, ' ', false, json::error_handler_t::replace);
    text.back() = ',';  // the object goes on
    set_head(text + "\"samples\":[");
    each_sample([this](const pprof::Sample& sample) {
      for (const auto& label : sample.label()) add_label(label);
    });
  }

 private:
  using json = nlohmann::json;
  using LabelKey = std::tuple<int64_t, int64_t, int64_t>;  // key, text, number

  void piece(const pprof::Sample& sample, bool is_first, std::string* text) const override {
    *text += is_first ? "{\"s\":[" : ",{\"s\":[";
    const char* between = "";
    for (int i = sample.location_id_size() - 1; i >= 0; i--) {  // from the root
      const std::vector<uint32_t>& frames = frames_.at(sample.location_id(i));
      for (size_t line = frames.size(); line > 0; line--) {
        *text += between + std::to_string(frames[line - 1]);
        between = ",";
      }
    }
    *text += "],\"v\":[";
    between = "";
    for (const int64_t value : sample.value()) {
      *text += between + std::to_string(value);
      between = ",";
    }
    *text += "],\"l\":[";
    between = "";
    for (const auto& label : sample.label()) {
      *text += between + std::to_string(label_numbers_.at(key_of(label)));
      between = ",";
    }
    *text += "]}";
  }
  void end(std::string* text) const override {
    *text += "],\"labels\":" + labels_.dump(-1, ' ', false, json::error_handler_t::replace) + "}";
  }

  static LabelKey key_of(const pprof::Label& label) {
    return {label.key(), label.str(), label.num()};
  }

  void add_label(const pprof::Label& label) {
    if (!label_numbers_.try_emplace(key_of(label), labels_.size()).second) return;
    const std::string value = label.str() != 0
                                  ? profile().text(label.str())
                                  : number_text(label.num(), profile().text(label.num_unit()));
    labels_.push_back({profile().text(label.key()), value});
  }

  std::unordered_map<uint64_t, std::vector<uint32_t>> frames_;
  std::map<LabelKey, size_t> label_numbers_;
  json labels_ = json::array();  // [key, value]
};

}  // namespace

std::unique_ptr<const SharedText> json_form(PackedProfile profile) {
  return std::make_unique<JsonForm>(std::move(profile));
}

}  // namespace program
