// The rules whose breach makes pprof refuse a file, or us read outside a table.
#include <string>
#include <unordered_set>

#include "program/profiles/profile.h"

namespace program {
namespace {

using Ids = std::unordered_set<uint64_t>;

class Checker {
 public:
  explicit Checker(const Profile& profile) : profile_(profile) {}

  std::string fault() {
    if (profile_.string_table_size() == 0 || !profile_.string_table(0).empty()) {
      return "its string table does not begin with the empty string";
    }
    check_header();
    check_mappings();
    check_functions();
    check_locations();
    check_samples();
    return fault_;
  }

 private:
  void refuse(const char* why) {
    if (fault_.empty()) fault_ = why;
  }
  void text(int64_t index) {
    if (index < 0 || index >= profile_.string_table_size())
      refuse("a string index is out of range");
  }
  void id(Ids& ids, uint64_t value, const char* why) {
    if (value == 0 || !ids.insert(value).second) refuse(why);
  }

  void check_header() {
    for (const auto& type : profile_.sample_type()) {
      text(type.type());
      text(type.unit());
    }
    text(profile_.period_type().type());
    text(profile_.period_type().unit());
    text(profile_.drop_frames());
    text(profile_.keep_frames());
    text(profile_.default_sample_type());
    for (const int64_t comment : profile_.comment()) text(comment);
  }

  void check_mappings() {
    for (const auto& mapping : profile_.mapping()) {
      id(mappings_, mapping.id(), "mapping ids are zero or not unique");
      text(mapping.filename());
      text(mapping.build_id());
    }
  }

  void check_functions() {
    for (const auto& function : profile_.function()) {
      id(functions_, function.id(), "function ids are zero or not unique");
      text(function.name());
      text(function.system_name());
      text(function.filename());
    }
  }

  void check_locations() {
    for (const auto& location : profile_.location()) {
      id(locations_, location.id(), "location ids are zero or not unique");
      if (location.mapping_id() != 0 && !mappings_.contains(location.mapping_id())) {
        refuse("a location names a mapping that is not there");
      }
      for (const auto& line : location.line()) {
        if (!functions_.contains(line.function_id())) {
          refuse("a line names a function that is not there");
        }
      }
    }
  }

  void check_samples() {
    for (const auto& sample : profile_.sample()) {
      if (sample.value_size() != profile_.sample_type_size() || sample.value_size() == 0) {
        refuse("a sample has not one value for each sample type");
      }
      for (const uint64_t location : sample.location_id()) {
        if (!locations_.contains(location)) refuse("a sample names a location that is not there");
      }
      for (const auto& label : sample.label()) {
        text(label.key());
        text(label.str());
        text(label.num_unit());
      }
    }
  }

  const Profile& profile_;
  std::string fault_;
  Ids mappings_;
  Ids functions_;
  Ids locations_;
};

}  // namespace

std::string fault_of(const Profile& profile) {
  return Checker(profile).fault();
}

}  // namespace program
