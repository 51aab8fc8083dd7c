#include "program/symbols/object_files.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <utility>

#include "program/symbols/perf_map_file.h"
#include "program/system/checked_open.h"
#include "program/system/memory_file.h"

namespace program {
namespace {

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);  // with the slash; empty: the current directory
}

// Without ".." and the like, so that it is in a directory exactly if it begins with its name.
std::string cleaned(const std::string& directory, const std::string& name) {
  const std::string path = name[0] == '/' ? name : directory + name;
  return std::filesystem::path(path).lexically_normal().string();
}

bool is_build_id(const std::string& text) {
  return text.size() > 2 && text.size() <= 128 &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_bare_name(const std::string& text) {
  return !text.empty() && text != "." && text != ".." && text.find('/') == std::string::npos;
}

std::string real_path(int fd) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
}

bool has_nul(const FileRequest& request) {
  return request.object.find('\0') != std::string::npos ||
         request.name.find('\0') != std::string::npos;
}

}  // namespace

ObjectFiles::ObjectFiles(Places places)
    : places_(std::move(places)), ways_(places_.root, places_.sharer) {
  if (places_.debuginfod) debuginfod_.emplace(*places_.debuginfod);
  // Below another root its own debug files are the nearest.
  const std::vector<std::string> directories = places_.debug_directories;
  if (places_.root.empty()) return;
  for (size_t i = directories.size(); i-- > 0;)
    places_.debug_directories.insert(places_.debug_directories.begin(),
                                     places_.root + directories[i]);
}

void ObjectFiles::declare(const ProfileProcess& process, const std::vector<std::string>&) {
  ways_.declare(process);
}

OpenedFile ObjectFiles::open_from_server(const FileRequest& request) {
  OpenedFile opened;
  opened.problem = "not found";
  if (!debuginfod_ || !is_build_id(request.name)) return opened;
  return debuginfod_->open(request.name, "debuginfo", request.seconds);
}

// The servers come after the last way.
OpenedFile ObjectFiles::open_way(const FileRequest& request, struct stat* status) {
  OpenedFile opened = ways_.open(request, status);
  if (!debuginfod_ || !is_build_id(request.name)) return opened;
  const bool is_a_way = !opened.path.empty();
  if (is_a_way) {
    opened.more = true;
    return opened;
  }
  opened = debuginfod_->open(request.name, "executable", request.seconds);
  if (opened.fd >= 0) fstat(opened.fd, status);
  return opened;
}

OpenedFile ObjectFiles::open_object(const FileRequest& request) {
  Object object;
  OpenedFile opened = open_way(request, &object.status);
  if (opened.fd < 0) return opened;
  const std::string& path = request.object;
  object.directories.push_back(places_.root + directory_of(path));
  object.real_path = real_path(opened.fd);
  const std::string real = directory_of(object.real_path);
  if (!real.empty() && real != object.directories[0]) object.directories.push_back(real);
  objects_[path] = std::move(object);
  return opened;
}

OpenedFile ObjectFiles::open_perf_map(const FileRequest& request) const {
  OpenedFile opened;
  PerfMapFile file{places_.perf_map, !places_.perf_map.empty(), request.number};
  if (!file.named_by_user) {
    opened.path = "a perf map";
    const bool is_number = request.name.find_first_not_of("0123456789") == std::string::npos;
    if (request.name.empty() || !is_number) return opened;  // several processes, or none
    file.path = "/tmp/perf-" + request.name + ".map";
  }
  opened.path = file.path;
  opened.fd = program::open_perf_map(file, &opened.problem);
  return opened;
}

bool ObjectFiles::in_debug_directory(const std::string& path) const {
  return std::any_of(
      places_.debug_directories.begin(), places_.debug_directories.end(),
      [&](const std::string& directory) { return path.starts_with(directory + "/"); });
}

// As gdb and LLVM look for it: beside the object, beside its debug file, in the debug directory.
std::vector<std::string> ObjectFiles::package_places(const std::string& path,
                                                     const Object& object) const {
  std::vector<std::string> found{places_.root + path + ".dwp"};
  const auto add = [&](const std::string& place) {
    if (std::find(found.begin(), found.end(), place) == found.end()) found.push_back(place);
  };
  if (!object.real_path.empty()) add(object.real_path + ".dwp");
  if (!object.debug_file.empty()) add(object.debug_file + ".dwp");
  for (const std::string& directory : places_.debug_directories) {
    for (const std::string& each : {path, object.real_path}) {
      if (each.starts_with("/")) add(cleaned("", directory + each + ".dwp"));
    }
  }
  return found;
}

std::vector<std::string> ObjectFiles::places_of(const FileRequest& request,
                                                const Object& object) const {
  const std::string& name = request.name;
  std::vector<std::string> found;
  switch (request.kind) {
    case FileKind::kByBuildId:
      if (!is_build_id(name)) break;
      for (const std::string& directory : places_.debug_directories) {
        found.push_back(directory + "/.build-id/" + name.substr(0, 2) + "/" + name.substr(2) +
                        ".debug");
      }
      break;
    case FileKind::kByLink:
      if (!is_bare_name(name)) break;
      for (const std::string& directory : object.directories) {
        found.push_back(directory + name);
        found.push_back(directory + ".debug/" + name);
        for (const std::string& debug_directory : places_.debug_directories) {
          if (directory.starts_with("/"))
            found.push_back(cleaned("", debug_directory + directory + name));
        }
      }
      break;
    case FileKind::kAlternate:
      if (name.empty()) break;
      if (!object.debug_file.empty())
        found.push_back(cleaned(directory_of(object.debug_file), name));
      for (const std::string& directory : object.directories)
        found.push_back(cleaned(directory, name));
      break;
    case FileKind::kSplit:
      if (!name.ends_with(".dwo") && !name.ends_with(".o")) break;
      for (const std::string& directory : object.directories)
        found.push_back(cleaned(directory, name));
      break;
    case FileKind::kPackage:
      found = package_places(request.object, object);
      break;
    default:
      break;
  }
  return found;
}

void ObjectFiles::lend(const std::vector<int>& split_files) {
  for (const int fd : split_files) close(fd);
}

OpenedFile ObjectFiles::open(const FileRequest& request) {
  OpenedFile opened;
  opened.problem = "not found";
  if (has_nul(request)) return opened;
  if (request.kind == FileKind::kPerfMap) return open_perf_map(request);
  if (request.kind == FileKind::kObject) return open_object(request);
  if (request.kind == FileKind::kFromServer) return open_from_server(request);
  if (request.kind == FileKind::kMemory) {
    opened.fd = make_memory_file(static_cast<uint64_t>(request.number), &opened.problem);
    return opened;
  }
  const auto owner = objects_.find(request.object);
  if (owner == objects_.end()) return opened;
  Object& object = owner->second;
  const auto candidates = places_of(request, object);
  const auto number = static_cast<size_t>(request.number);
  if (request.number < 0 || number >= candidates.size()) return opened;
  opened.path = candidates[number];
  opened.more = number + 1 < candidates.size();
  struct stat status {};
  opened.fd = open_elf_file(opened.path, &status, &opened.problem);
  if (opened.fd < 0) return opened;
  const bool is_object =
      status.st_dev == object.status.st_dev && status.st_ino == object.status.st_ino;
  const bool may_be_read = in_debug_directory(opened.path) ||
                           status.st_uid == object.status.st_uid || (status.st_mode & S_IROTH) != 0;
  if (is_object || !may_be_read) {
    close(opened.fd);
    opened.fd = -1;
    opened.problem = is_object ? "it is the object itself" : "it belongs to another user";
    return opened;
  }
  const bool is_debug_file =
      request.kind == FileKind::kByBuildId || request.kind == FileKind::kByLink;
  if (is_debug_file) object.debug_file = opened.path;
  return opened;
}

}  // namespace program
