#include "program/symbols/split_units.h"

#include <dwarf.h>
#include <unistd.h>

#include <cstring>

#include "program/symbols/split_object.h"
#include "program/system/memory_file.h"

namespace program {
namespace {

std::string text_of(Dwarf_Die* die, std::initializer_list<unsigned> attributes) {
  for (const unsigned attribute : attributes) {
    Dwarf_Attribute value;
    const char* text = dwarf_formstring(dwarf_attr(die, attribute, &value));
    if (text != nullptr) return text;
  }
  return "";
}

}  // namespace

void SplitUnits::find_package() {
  if (has_looked_for_package_) return;
  has_looked_for_package_ = true;
  const int fd = file_.first_good(
      {FileKind::kPackage, "", ""}, [](int) { return true; }, nullptr, &package_places_);
  if (fd < 0) return;
  package_ = std::make_unique<SplitPackage>(fd);
  if (package_->is_good()) return;
  package_.reset();
  package_places_ += " (its index cannot be read)";
}

int SplitUnits::in_memory(const std::string& bytes) const {
  if (bytes.empty()) return -1;
  MemoryFile copy(file_.files(), bytes.size());
  if (copy.bytes() == nullptr) return -1;
  memcpy(copy.bytes(), bytes.data(), bytes.size());
  return copy.take();
}

int SplitUnits::from_package(uint64_t id) {
  find_package();
  return package_ == nullptr ? -1 : in_memory(package_->unit(id));
}

// libdw opens twice at most: the name as it is, then below the directory of the compilation.
std::vector<int> SplitUnits::from_files(const std::string& name, const std::string& directory,
                                        std::string* places) {
  std::vector<int> found;
  std::vector<std::string> names{name};
  if (!name.starts_with('/') && !directory.empty()) names.push_back(directory + "/" + name);
  for (const std::string& each : names) {
    const int fd = file_.first_good(
        {FileKind::kSplit, "", each}, [](int) { return true; }, nullptr, places);
    if (fd < 0) continue;
    const int inside = in_memory(split_object_inside(fd));
    found.push_back(inside >= 0 ? inside : fd);
    if (inside >= 0) close(fd);
  }
  return found;
}

std::optional<Dwarf_Die> SplitUnits::find(const Dwarf_Die& skeleton) {
  Dwarf_Die die = skeleton;
  Dwarf_Die split{};
  uint64_t id = 0;
  dwarf_cu_info(die.cu, nullptr, nullptr, nullptr, nullptr, &id, nullptr, nullptr);
  const std::string name = text_of(&die, {DW_AT_dwo_name, DW_AT_GNU_dwo_name});
  std::string places;
  const int piece = from_package(id);
  file_.files()->lend(piece >= 0 ? std::vector<int>{piece}
                                 : from_files(name, text_of(&die, {DW_AT_comp_dir}), &places));
  dwarf_cu_info(die.cu, nullptr, nullptr, nullptr, &split, nullptr, nullptr, nullptr);
  file_.files()->lend({});
  if (split.addr != nullptr) return split;
  if (!has_told_) {
    file_.lose("inlined frames", "the debug information is in " + name + ", not found (looked at " +
                                     package_places_ + ", " + places + ")");
  }
  has_told_ = true;
  return std::nullopt;
}

}  // namespace program
