#include "program/symbols/worker_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <ctime>

namespace program {
namespace {

constexpr size_t kMostLookups = 512;
constexpr time_t kSettledSeconds = 3600;

std::string times_of(const struct stat& status) {
  char text[96];
  snprintf(text, sizeof text, "%jd %jd.%09ld %jd.%09ld", static_cast<intmax_t>(status.st_size),
           static_cast<intmax_t>(status.st_mtim.tv_sec), status.st_mtim.tv_nsec,
           static_cast<intmax_t>(status.st_ctim.tv_sec), status.st_ctim.tv_nsec);
  return text;
}

// What distinguishes the opened file from any other, also from a later one at its path.
std::string identity_of(const struct stat& status) {
  char text[160];
  snprintf(text, sizeof text, "%u %ju %ju %s", static_cast<unsigned>(status.st_uid),
           static_cast<uintmax_t>(status.st_dev), static_cast<uintmax_t>(status.st_ino),
           times_of(status).c_str());
  return text;
}

bool is_trusted(const struct stat& status) {
  return status.st_uid == 0 || status.st_uid == geteuid();
}

// A program that its developer builds anew is not read as a whole for the sake of later runs. No
// program can set this time back.
bool is_settled(const struct stat& status) {
  return status.st_ctim.tv_sec + kSettledSeconds < time(nullptr);
}

// Another build of this program may find other names.
const std::string& this_program() {
  static const std::string text = [] {
    struct stat status {};
    const bool is_known = stat("/proc/self/exe", &status) == 0;
    return std::string(PROFILER_VERSION) + " " + (is_known ? times_of(status) : "");
  }();
  return text;
}

// Names depend on the path too: a function without a symbol is called after its file.
std::string key_of(const std::string& object, const std::string& identity,
                   const std::string& build_id) {
  std::string key;
  for (const std::string& part : {object, identity, build_id, this_program()}) {
    key += std::to_string(part.size()) + ":" + part + "\n";
  }
  return key;
}

bool is_same(const FileRequest& a, const FileRequest& b) {
  return a.kind == b.kind && a.name == b.name && a.number == b.number;
}

}  // namespace

void WorkerFiles::begin_worker() {
  objects_.clear();
  has_foreign_input_ = false;
}

void WorkerFiles::begin_profile(bool is_foreign) {
  has_foreign_input_ |= is_foreign;
  declared_.clear();
  has_opened_ = false;
  last_.clear();
}

void WorkerFiles::declare(const ProfileProcess& process, const std::vector<std::string>& objects) {
  if (has_opened_) return;
  declared_.insert(objects.begin(), objects.end());
  files_->declare(process, objects);
}

void WorkerFiles::note(const FileRequest& request, const OpenedFile& opened) {
  struct stat status {};
  std::string identity;
  if (opened.fd >= 0) {
    has_opened_ = true;
    if (!opened.path.empty()) last_ = opened.path;
    if (fstat(opened.fd, &status) == 0) identity = identity_of(status);
    if (identity.empty() || !is_trusted(status)) has_foreign_input_ = true;
  }
  const bool is_of_object = request.kind != FileKind::kPerfMap && request.kind != FileKind::kMemory;
  if (!cache_.is_open() || !is_of_object) return;
  Object& object = objects_[request.object];
  if (request.kind == FileKind::kObject) {
    object = {identity, opened.fd >= 0 && is_settled(status), {}};
    return;
  }
  const bool is_noted =
      std::any_of(object.lookups.begin(), object.lookups.end(),
                  [&](const auto& lookup) { return is_same(lookup.request, request); });
  if (is_noted || object.lookups.size() > kMostLookups) return;
  object.lookups.push_back({{request.kind, "", request.name, request.number}, identity});
}

OpenedFile WorkerFiles::open(const FileRequest& request) {
  OpenedFile opened;
  opened.path = request.object;
  if (request.kind == FileKind::kObject && !declared_.contains(request.object)) {
    opened.problem = "the profile does not name it";
    return opened;
  }
  opened = files_->open(request);
  note(request, opened);
  return opened;
}

bool WorkerFiles::is_still_true(const std::string& object, const NamesCache::Lookup& then) {
  FileRequest request = then.request;
  request.object = object;
  const OpenedFile opened = files_->open(request);
  struct stat status {};
  if (opened.fd < 0) return then.identity.empty();
  const bool is_same = fstat(opened.fd, &status) == 0 && identity_of(status) == then.identity;
  close(opened.fd);
  return is_same;
}

RecalledFile WorkerFiles::recall(const std::string& object, const std::string& build_id) {
  RecalledFile recalled;
  const auto at = objects_.find(object);
  if (!cache_.is_open() || at == objects_.end() || at->second.identity.empty()) return recalled;
  recalled.are_kept = true;
  recalled.is_settled = at->second.is_settled;
  auto entry = cache_.load(key_of(object, at->second.identity, build_id));
  if (!entry) return recalled;
  for (const NamesCache::Lookup& then : entry->lookups) {
    if (is_still_true(object, then)) continue;
    close(entry->fd);
    return recalled;
  }
  at->second.lookups = std::move(entry->lookups);
  recalled.fd = entry->fd;
  recalled.index = std::move(entry->index);
  recalled.offset = entry->offset;
  return recalled;
}

void WorkerFiles::keep(const std::string& object, const std::string& build_id,
                       const std::string& added) {
  const auto at = objects_.find(object);
  if (has_foreign_input_ || at == objects_.end() || build_id.empty()) return;
  const Object& known = at->second;
  if (known.identity.empty() || known.lookups.size() > kMostLookups) return;
  cache_.add(key_of(object, known.identity, build_id), known.lookups, added);
}

}  // namespace program
