#include "program/agent/late_tables.h"

#include <algorithm>

#include "program/recovery/spool_owner.h"

namespace program {
namespace {

constexpr uint64_t kFirstPause_ns = 2'000'000;
constexpr uint64_t kLongestPause_ns = 2'000'000'000;
// So long also without a process of that number: it may have another one in its own namespace.
constexpr uint64_t kUsually_ns = 400'000'000;
constexpr uint64_t kLongest_ns = 30'000'000'000;
constexpr size_t kMostFiles = 1024;

}  // namespace

bool LateTables::wait_for(const TablesName& name, uint64_t now_ns) {
  if (files_.size() >= kMostFiles && !files_.contains(name.path)) return false;
  File& file =
      files_.try_emplace(name.path, File{name.pid, now_ns, kFirstPause_ns, now_ns}).first->second;
  const uint64_t waited_ns = now_ns - file.since_ns;
  if (waited_ns >= kUsually_ns && (waited_ns >= kLongest_ns || !process_exists(name.pid))) {
    files_.erase(name.path);
    return false;
  }
  file.next_ns = now_ns + file.pause_ns;
  file.pause_ns = std::min(2 * file.pause_ns, kLongestPause_ns);
  return true;
}

void LateTables::keep_only(const std::set<std::string>& paths) {
  std::erase_if(files_, [&](const auto& entry) { return !paths.contains(entry.first); });
}

std::vector<TablesName> LateTables::due(uint64_t now_ns) const {
  std::vector<TablesName> names;
  for (const auto& [path, file] : files_) {
    if (file.next_ns <= now_ns) names.push_back({path, file.pid});
  }
  return names;
}

uint64_t LateTables::next_ns() const {
  uint64_t next = UINT64_MAX;
  for (const auto& entry : files_) next = std::min(next, entry.second.next_ns);
  return next;
}

}  // namespace program
