// The names of one object: those that are in the cache, and for other addresses what the file says.
// Symbols and debug information are read only for an address that is not in the cache.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "program/profiles/frame.h"
#include "program/symbols/elf_file.h"
#include "program/symbols/kept_answers.h"
#include "program/symbols/object_names.h"
#include "program/system/file_source.h"

namespace program {

class KeptNames {
 public:
  // Both must outlive this.
  KeptNames(const ElfFile& file, FileSource* files);

  // As ObjectNames::find.
  std::vector<Frame> find(uint64_t file_offset);
  // As ObjectNames::own_malloc; reads the symbols.
  std::string_view own_malloc() { return names().own_malloc(); }

  // Adds to the cache: all of each unit that an address fell into. Then, of an object that is
  // settled or was read by an earlier process too, other units as long as there is time: the next
  // process then needs none of its files.
  void keep(std::chrono::steady_clock::time_point deadline);

 private:
  class Addition;
  ObjectNames& names();

  const ElfFile& file_;
  FileSource* files_;
  bool are_kept_ = false;
  bool comes_again_ = false;  // it is worth reading what no process asked for yet
  KeptAnswers kept_;
  std::unique_ptr<ObjectNames> names_;  // none: not needed yet
  std::set<uint64_t> missed_;           // addresses that were not in the cache
  std::set<uint64_t> added_;            // of them those that are by now, if in no unit
  std::set<size_t> added_units_;
};

}  // namespace program
