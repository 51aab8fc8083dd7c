#include <charconv>
#include <string>

#include "program/agent/http/endpoints.h"
#include "program/profiles/profile_bytes.h"
#include "program/profiles/profile_editor.h"
#include "program/system/hexadecimal.h"

namespace program {
namespace {

constexpr size_t kMostAddresses = 4096;

class Builder {
 public:
  Builder() {
    editor_.text("");
    auto* type = profile_.add_sample_type();
    type->set_type(editor_.text("count"));
    type->set_unit(type->type());
  }
  void add_object(const layout::Object& object, const std::string& path) {
    if (object.start >= object.end || path.empty() || object.died.load() != 0) return;
    auto* mapping = profile_.add_mapping();
    mapping->set_id(static_cast<uint64_t>(profile_.mapping_size()));
    mapping->set_memory_start(object.start);
    mapping->set_memory_limit(object.end);
    mapping->set_file_offset(object.file_offset);
    mapping->set_filename(editor_.text(path));
    const std::string_view build_id(
        reinterpret_cast<const char*>(object.build_id),
        std::min(encoder::once(object.build_id_size), layout::kMaxBuildId));
    if (!build_id.empty()) mapping->set_build_id(editor_.text(hexadecimal(build_id)));
  }
  void add_address(uint64_t address) {
    for (const auto& mapping : profile_.mapping()) {
      if (address < mapping.memory_start() || address >= mapping.memory_limit()) continue;
      auto* location = profile_.add_location();
      location->set_id(static_cast<uint64_t>(profile_.location_size()));
      location->set_mapping_id(mapping.id());
      location->set_address(address);
      auto* sample = profile_.add_sample();
      sample->add_location_id(location->id());
      sample->add_value(1);
      return;
    }
  }
  const Profile& profile() const { return profile_; }

 private:
  Profile profile_;
  ProfileEditor editor_{&profile_};
};

void add_objects(const TargetTables& tables, Builder* builder) {
  layout::Ref at = tables.header().objects.load(std::memory_order_acquire);
  for (unsigned steps = 0; at != 0 && steps < 65536; steps++) {
    const auto* object = tables.view().at<layout::Object>(at);
    if (object == nullptr) return;
    builder->add_object(*object, tables.text(object->path));
    at = object->next.load(std::memory_order_acquire);
  }
}

uint64_t number_of(std::string word) {
  uint64_t number = 0;
  int base = 10;
  if (word.starts_with("0x") || word.starts_with("0X")) {
    word = word.substr(2);
    base = 16;
  }
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  return error == std::errc() && end == word.data() + word.size() ? number : 0;
}

}  // namespace

std::string symbol_lines(const TargetTables& tables, NamingService* names, const std::string& raw) {
  Builder builder;
  add_objects(tables, &builder);
  size_t begin = 0, count = 0;
  while (begin <= raw.size() && count++ < kMostAddresses) {
    const size_t end = std::min(raw.find('+', begin), raw.size());
    const uint64_t address = number_of(raw.substr(begin, end - begin));
    if (address != 0) builder.add_address(address);
    begin = end + 1;
  }
  std::string lines = "num_symbols: 1\n";
  Profile named;
  if (builder.profile().sample().empty() || names == nullptr) return lines;
  if (!parse_profile(names->with_names(pack_profile(builder.profile())), &named)) return lines;
  for (const auto& location : named.location()) {
    if (location.line().empty()) continue;
    // The function that the others were inlined into.
    const uint64_t id = location.line(location.line_size() - 1).function_id();
    for (const auto& function : named.function()) {
      if (function.id() != id) continue;
      char address[24];
      snprintf(address, sizeof address, "%#lx ", location.address());
      lines += address + text_of(named, function.name()) + "\n";
    }
  }
  return lines;
}

}  // namespace program
