#include "program/profiles/runs.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "program/profiles/profile_file.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"

namespace program {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLoss = "nothing is compared";

bool refuse(const std::string& path, const std::string& why) {
  say(Level::kError, path + ": " + why);
  return false;
}

// Ticks say the same as the time beside them.
bool is_redundant(const Profile& profile, int type) {
  return profile.sample_type_size() > 1 &&
         text_of(profile, profile.sample_type(type).type()) == "samples";
}

bool add_file(const DistinctFile& part, const Watching& watching, Run* run) {
  const auto& [path, is_last] = part;
  ProfileFile file;
  std::string error;
  set_current_file(path, kLoss);
  if (!file.read(path, &error)) return refuse(path, error);
  if (!is_last) drop_state(&file.profile());
  const Profile& profile = file.profile();
  for (int i = 0; i < profile.sample_type_size(); i++) {
    if (is_redundant(profile, i)) continue;
    const FigureName name{mode_of(profile), text_of(profile, profile.sample_type(i).type()),
                          text_of(profile, profile.sample_type(i).unit())};
    const auto [at, is_new] = run->figures.try_emplace(name, Grouping::kFunctionInFile);
    if (is_new) at->second.watch(watching(name));
    at->second.add(profile, i);
  }
  return true;
}

std::vector<std::string> profiles_in(const std::string& directory) {
  return files_in(directory, kProfileEnd);
}

bool add_run(const std::string& name, const std::vector<std::string>& files,
             const Watching& watching, std::vector<Run>* runs) {
  Run run{name, distinct_files(files, kLoss), {}};
  for (const DistinctFile& file : run.files) {
    if (!add_file(file, watching, &run)) return false;
  }
  runs->push_back(std::move(run));
  return true;
}

// Files that lie side by side: one run where each has a mode of its own, else a run each.
bool add_files(const std::string& directory, const std::vector<std::string>& files,
               const Watching& watching, std::vector<Run>* runs) {
  std::vector<Run> alone;
  std::set<std::string> modes;
  const std::vector<DistinctFile> distinct = distinct_files(files, kLoss);
  for (const auto& [file, is_last] : distinct) {
    if (!add_run(file, {file}, watching, &alone)) return false;
    for (const auto& [name, table] : alone.back().figures) modes.insert(name.mode);
  }
  if (modes.size() < distinct.size()) {
    std::move(alone.begin(), alone.end(), std::back_inserter(*runs));
    return true;
  }
  Run together{directory, distinct, {}};
  for (Run& run : alone) together.figures.merge(run.figures);
  runs->push_back(std::move(together));
  return true;
}

bool add_directory(const std::string& directory, const Watching& watching, std::vector<Run>* runs) {
  std::vector<std::string> subdirectories;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.is_directory(error)) subdirectories.push_back(entry.path().string());
  }
  if (error) return refuse(directory, error.message());
  std::sort(subdirectories.begin(), subdirectories.end());
  const size_t before = runs->size();
  for (const std::string& each : subdirectories) {
    const auto files = profiles_in(each);
    if (!files.empty() && !add_run(each, files, watching, runs)) return false;
  }
  const auto files = profiles_in(directory);
  if (runs->size() == before && !files.empty()) return add_files(directory, files, watching, runs);
  return runs->size() > before || refuse(directory, "there is no profile (*.pb.gz) in it");
}

}  // namespace

std::vector<std::string> files_in(const std::string& directory, std::string_view end) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string path = entry.path().string();
    if (entry.is_regular_file(error) && path.ends_with(end)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool read_runs(const std::vector<std::string>& paths, const Watching& watching,
               std::vector<Run>* runs) {
  std::error_code error;
  for (const std::string& path : paths) {
    const bool is_read = fs::is_directory(path, error) ? add_directory(path, watching, runs)
                                                       : add_run(path, {path}, watching, runs);
    if (!is_read) return false;
  }
  return true;
}

}  // namespace program
