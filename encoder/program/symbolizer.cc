#include "encoder/program/symbolizer.h"

#include <strings.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "encoder/program/allocator_frames.h"
#include "encoder/program/console.h"
#include "encoder/program/jit_names.h"

namespace program {
namespace {

// [vdso], [lost] and the like, and anonymous memory: no file to look into.
bool is_file(const std::string& name) {
  return !name.empty() && name[0] != '[' && !name.starts_with("//anon");
}

}  // namespace

Symbolizer::Symbolizer(FileSource* files) : files_(files) {
  // No network: elfutils would ask the servers that are named there.
  unsetenv("DEBUGINFOD_URLS");
}

ObjectNames* Symbolizer::names_of(const std::string& path, const std::string& build_id) {
  const auto [at, added] = objects_.try_emplace(path);
  Object& object = at->second;
  std::string error;
  if (added) {
    if (object.file.open(path, files_, &error)) {
      object.names = std::make_unique<ObjectNames>(object.file);
    } else {
      say(Level::kDebug, path + ": " + error + "; its addresses stay");
    }
  }
  if (object.names == nullptr) return nullptr;
  if (!build_id.empty() && strcasecmp(build_id.c_str(), object.file.build_id().c_str()) != 0) {
    say(Level::kDebug, path + ": the file is another than the one that ran (build id " +
                           object.file.build_id() + ", the profile has " + build_id +
                           "); its addresses stay");
    return nullptr;
  }
  return object.names.get();
}

bool Symbolizer::name_mapping(const Profile& profile, pprof::Mapping* mapping,
                              const Locations& locations, ProfileEditor* editor) {
  const std::string& path = text_of(profile, mapping->filename());
  if (!is_file(path)) return false;
  if (!locations.empty()) {
    const std::string& build_id = text_of(profile, mapping->build_id());
    ObjectNames* names = names_of(path, build_id);
    if (names == nullptr) return false;
    for (pprof::Location* location : locations) {
      const uint64_t offset = location->address() - mapping->memory_start();
      editor->set_lines(location, names->find(offset + mapping->file_offset()));
    }
  }
  mark_named(mapping);
  return true;
}

void Symbolizer::declare_files(const Profile& profile,
                               const std::unordered_map<uint64_t, Locations>& unnamed) {
  std::vector<std::string> paths;
  for (const auto& mapping : profile.mapping()) {
    const std::string& path = text_of(profile, mapping.filename());
    const bool wanted = !mapping.has_functions() && unnamed.contains(mapping.id());
    if (wanted && is_file(path)) paths.push_back(path);
  }
  declare(paths);
}

bool Symbolizer::add_names(Profile* profile) {
  std::unordered_map<uint64_t, Locations> unnamed;  // by mapping id
  for (auto& location : *profile->mutable_location()) {
    if (location.line().empty()) unnamed[location.mapping_id()].push_back(&location);
  }
  declare_files(*profile, unnamed);
  ProfileEditor editor(profile);
  bool changed = false;
  for (auto& mapping : *profile->mutable_mapping()) {
    if (mapping.has_functions()) continue;
    Locations& locations = unnamed[mapping.id()];
    // Neighbours share units and functions.
    std::sort(locations.begin(), locations.end(),
              [](const auto* a, const auto* b) { return a->address() < b->address(); });
    changed |= name_mapping(*profile, &mapping, locations, &editor);
  }
  changed |= name_jit_code(files_, profile, &editor);
  if (changed && has_allocations(*profile)) drop_allocator_frames(profile);
  return changed;
}

}  // namespace program
