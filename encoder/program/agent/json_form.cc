#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "encoder/program/agent/sample_form.h"
#include "encoder/program/agent/text_forms.h"

namespace program {
namespace {

// One object: names and places by their numbers first, then samples of these numbers.
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
      const auto [at, is_new] = known.try_emplace(name, static_cast<uint32_t>(known.size()));
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
  }

 private:
  using json = nlohmann::json;

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
    *text += "]}";
  }
  void end(std::string* text) const override { *text += "]}"; }

  std::unordered_map<uint64_t, std::vector<uint32_t>> frames_;
};

}  // namespace

std::unique_ptr<const SharedText> json_form(PackedProfile profile) {
  return std::make_unique<JsonForm>(std::move(profile));
}

}  // namespace program
