// The split parts of units: from the program's package (.dwp) or from .dwo files.
#pragma once

#include <elfutils/libdw.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "program/symbols/elf_file.h"
#include "program/symbols/split_package.h"

namespace program {

class SplitUnits {
 public:
  // The file must outlive this.
  explicit SplitUnits(const ElfFile& file) : file_(file) {}

  // The unit with the functions of this skeleton. Where there is none the file has one loss more.
  std::optional<Dwarf_Die> find(const Dwarf_Die& skeleton);

 private:
  void find_package();
  int in_memory(const std::string& bytes) const;
  int from_package(uint64_t id);
  std::vector<int> from_files(const std::string& name, const std::string& directory,
                              std::string* places);

  const ElfFile& file_;
  std::unique_ptr<SplitPackage> package_;
  bool has_looked_for_package_ = false;
  std::string package_places_;
  bool has_told_ = false;
};

}  // namespace program
