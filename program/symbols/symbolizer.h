// Puts names into profiles. Files are opened once, however many profiles and mappings name them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "program/profiles/profile.h"
#include "program/profiles/profile_editor.h"
#include "program/symbols/elf_file.h"
#include "program/symbols/kept_names.h"

namespace program {

class Symbolizer {
 public:
  // The source must outlive this.
  explicit Symbolizer(FileSource* files);

  // Names every location of the mappings that have no functions yet and whose file is there, with
  // the build id that the mapping has. All of a mapping's locations get a name or none does: pprof
  // looks for names itself where the mapping does not say has_functions. Then the code that is in
  // no mapping (jit_names.h). True if it changed anything.
  bool add_names(Profile* profile);

  // The files that names_of() will be asked for, and the process that mapped them.
  void declare(const ProfileProcess& process, const std::vector<std::string>& paths);

  // The names of one object; null: its file is not there, or another. A line says so, once.
  KeptNames* names_of(const ObjectId& object);

  // Objects of the last profile that names_of() did not find.
  int64_t missing() const { return missing_; }

  // Adds new answers to the cache. Context: after a profile.
  void keep_answers(std::chrono::steady_clock::time_point deadline);

 private:
  struct Object {
    ElfFile file;
    std::unique_ptr<KeptNames> names;  // none: the file is of no use
    std::string problem;               // why
  };
  Object& object_of(const ObjectId& id);
  using Locations = std::vector<pprof::Location*>;

  void declare_files(const Profile& profile,
                     const std::unordered_map<uint64_t, Locations>& unnamed);
  bool name_mapping(const Profile& profile, pprof::Mapping* mapping, const Locations& locations,
                    ProfileEditor* editor);

  void name_allocators_inside(Profile* profile, ProfileEditor* editor);

  FileSource* files_;
  std::map<std::pair<std::string, std::string>, Object> objects_;  // by path and build id
  int64_t missing_ = 0;
};

}  // namespace program
