// Puts names into profiles. Files are opened once, however many profiles and mappings name them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "encoder/program/elf_file.h"
#include "encoder/program/object_names.h"
#include "encoder/program/profile.h"
#include "encoder/program/profile_editor.h"

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

  // The files that names_of() will be asked for.
  void declare(const std::vector<std::string>& paths) { files_->declare(paths); }

  // The names of one file; null: it is not there, or another than that with this build id.
  ObjectNames* names_of(const std::string& path, const std::string& build_id);

 private:
  struct Object {
    ElfFile file;
    std::unique_ptr<ObjectNames> names;  // none: the file is of no use
  };
  using Locations = std::vector<pprof::Location*>;

  void declare_files(const Profile& profile,
                     const std::unordered_map<uint64_t, Locations>& unnamed);
  bool name_mapping(const Profile& profile, pprof::Mapping* mapping, const Locations& locations,
                    ProfileEditor* editor);

  FileSource* files_;
  std::map<std::string, Object> objects_;  // by path
};

}  // namespace program
