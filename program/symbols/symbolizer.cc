#include "program/symbols/symbolizer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "encoder/pprof/heap_comments.h"
#include "program/profiles/profile_process.h"
#include "program/symbols/allocator_frames.h"
#include "program/symbols/jit_names.h"
#include "program/system/console.h"

namespace program {
namespace {

// [vdso], [lost] and the like, and anonymous memory: no file to look into.
bool is_file(const std::string& name) {
  return !name.empty() && name[0] != '[' && !name.starts_with("//anon");
}

bool has_comment(const Profile& profile, std::string_view beginning) {
  return std::any_of(profile.comment().begin(), profile.comment().end(), [&](int64_t comment) {
    return text_of(profile, comment).starts_with(beginning);
  });
}

bool lacks_memory(const Profile& profile) {
  return has_comment(profile, encoder::kMemoryNotSeen);
}

}  // namespace

Symbolizer::Symbolizer(FileSource* files) : files_(files) {
  // No network: elfutils would ask the servers that are named there.
  unsetenv("DEBUGINFOD_URLS");
}

void Symbolizer::declare(const ProfileProcess& process, const std::vector<std::string>& paths) {
  missing_ = 0;
  files_->declare(process, paths);
}

Symbolizer::Object& Symbolizer::object_of(const ObjectId& id) {
  const auto [at, added] = objects_.try_emplace({id.path, id.build_id});
  Object& object = at->second;
  if (!added) return object;
  if (object.file.open(id, files_, &object.problem)) {
    object.names = std::make_unique<KeptNames>(object.file, files_);
  } else {
    say(Level::kError, id.path + ": " + object.problem + "; its addresses stay");
  }
  return object;
}

KeptNames* Symbolizer::names_of(const ObjectId& id) {
  Object& object = object_of(id);
  if (object.names == nullptr) missing_++;
  return object.names.get();
}

bool Symbolizer::name_mapping(const Profile& profile, pprof::Mapping* mapping,
                              const Locations& locations, ProfileEditor* editor) {
  const std::string& path = text_of(profile, mapping->filename());
  if (!is_file(path)) return false;
  if (!locations.empty()) {
    const ObjectId id{path, text_of(profile, mapping->build_id()), mapping->memory_start()};
    KeptNames* names = names_of(id);
    const ElfFile& file = object_of(id).file;
    const std::string problem = names == nullptr ? object_of(id).problem : "";
    editor->set_comment("names of " + path + ": ", problem.empty() ? file.note() : problem,
                        problem.empty() && !file.is_partial());
    if (names == nullptr) return false;
    for (pprof::Location* location : locations) {
      const uint64_t offset = location->address() - mapping->memory_start();
      editor->set_lines(location, names->find(offset + mapping->file_offset()));
    }
    for (const auto& loss : file.losses()) editor->set_comment(loss.subject, loss.sentence, false);
  }
  mark_named(mapping);
  return true;
}

void Symbolizer::keep_answers(std::chrono::steady_clock::time_point deadline) {
  for (auto& [path, object] : objects_) {
    if (object.names != nullptr) object.names->keep(deadline);
  }
}

void Symbolizer::declare_files(const Profile& profile,
                               const std::unordered_map<uint64_t, Locations>& unnamed) {
  std::vector<std::string> paths;
  for (const auto& mapping : profile.mapping()) {
    const std::string& path = text_of(profile, mapping.filename());
    const bool wanted =
        lacks_memory(profile) || (!mapping.has_functions() && unnamed.contains(mapping.id()));
    if (wanted && is_file(path)) paths.push_back(path);
  }
  declare(process_of(profile), paths);
}

// Where much memory came from no malloc: which file has an allocator of its own.
void Symbolizer::name_allocators_inside(Profile* profile, ProfileEditor* editor) {
  std::vector<std::string> lines;
  for (const auto& mapping : profile->mapping()) {
    const std::string& path = text_of(*profile, mapping.filename());
    if (!is_file(path)) continue;
    const ObjectId id{path, text_of(*profile, mapping.build_id()), mapping.memory_start()};
    KeptNames* names = object_of(id).names.get();
    if (names == nullptr || names->own_malloc().empty()) continue;
    lines.push_back(path + " has an allocator of its own, " + std::string(names->own_malloc()) +
                    ": what it allocates is not seen");
  }
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  for (const std::string& line : lines) {
    if (!has_comment(*profile, line)) profile->add_comment(editor->text(line));
  }
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
  if (lacks_memory(*profile)) name_allocators_inside(profile, &editor);
  changed |= name_jit_code(files_, profile, &editor);
  if (changed && has_allocations(*profile)) drop_allocator_frames(profile);
  return changed;
}

}  // namespace program
