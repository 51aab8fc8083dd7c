#include "program/agent/tables_directories.h"

#include <dirent.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "program/system/clock.h"
#include "tables/spool_name.h"

namespace program {
namespace {

constexpr uint64_t kRescan_ns = 1'000'000'000;
// A scan and the pause behind it: 2 % of the time.
constexpr uint64_t kPauseForScan = 50;
constexpr size_t kMostDirectories = 8, kMostNames = 65536;

bool read_entry(const std::string& directory, const char* name, std::vector<TablesName>* found) {
  uint64_t pid = 0;
  if (!spool::read_name(name, &pid)) return false;
  found->push_back({directory + "/" + name, static_cast<int>(pid)});
  return true;
}

}  // namespace

bool is_own_regular_file(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

TablesDirectories::TablesDirectories() : watch_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

TablesDirectories::~TablesDirectories() {
  if (watch_ >= 0) close(watch_);
}

void TablesDirectories::add(const std::string& directory) {
  const bool is_known = std::any_of(directories_.begin(), directories_.end(),
                                    [&](const auto& entry) { return entry.second == directory; });
  if (is_known || directories_.size() >= kMostDirectories) return;
  const int number = inotify_add_watch(watch_, directory.c_str(), IN_CREATE | IN_ONLYDIR);
  directories_[number >= 0 ? number : -1 - static_cast<int>(directories_.size())] = directory;
  ask_for_scan();
}

std::vector<TablesName> TablesDirectories::take_new() {
  std::vector<TablesName> found;
  alignas(inotify_event) char bytes[16384];
  ssize_t size = 0;
  while (found.size() < kMostNames && (size = read(watch_, bytes, sizeof bytes)) > 0) {
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
      at += static_cast<ssize_t>(sizeof *event + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) {
        next_scan_ns_ = std::min(next_scan_ns_, monotonic_ns() + kRescan_ns / 10);
      }
      const auto directory = directories_.find(event->wd);
      if (event->len > 0 && directory != directories_.end()) {
        read_entry(directory->second, event->name, &found);
      }
    }
  }
  return found;
}

std::vector<TablesName> TablesDirectories::scan() {
  const uint64_t begun_ns = monotonic_ns();
  std::vector<TablesName> found;
  for (const auto& entry : directories_) {
    DIR* names = opendir(entry.second.c_str());
    if (names == nullptr) continue;
    size_t seen = 0;
    for (const dirent* name; (name = readdir(names)) != nullptr && seen < kMostNames; seen++) {
      read_entry(entry.second, name->d_name, &found);
    }
    closedir(names);
  }
  const uint64_t now_ns = monotonic_ns();
  next_scan_ns_ = now_ns + std::max(kRescan_ns, kPauseForScan * (now_ns - begun_ns));
  return found;
}

}  // namespace program
