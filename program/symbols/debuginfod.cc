#include "program/symbols/debuginfod.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>

#include "program/symbols/elf_build_id.h"
#include "program/system/checked_open.h"
#include "program/system/console.h"
#include "program/system/http_exchange.h"
#include "program/system/variable.h"

namespace program {
namespace {

namespace fs = std::filesystem;

// 0: not set, or no number.
uint64_t number_of(const char* name) {
  const std::string text = variable(name);
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string cache_directory() {
  const std::string chosen = variable("DEBUGINFOD_CACHE_PATH");
  const std::string home = variable("HOME"), caches = variable("XDG_CACHE_HOME");
  if (!chosen.empty()) return chosen;
  const std::string old = home + "/.debuginfod_client_cache";
  if (!home.empty() && access(old.c_str(), F_OK) == 0) return old;
  if (!caches.empty()) return caches + "/debuginfod_client";
  return home.empty() ? "" : home + "/.cache/debuginfod_client";
}

// A file that becomes one of the cache, whole and checked, or leaves nothing.
class Arrival {
 public:
  explicit Arrival(const std::string& place) : path_(place + ".XXXXXX") {
    fd_ = mkostemp(path_.data(), O_CLOEXEC);
  }
  ~Arrival() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(path_.c_str());
  }
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  int fd() const { return fd_; }
  bool add(const char* bytes, size_t size) const {
    while (size > 0) {
      const ssize_t n = write(fd_, bytes, size);
      if (n <= 0) return false;
      bytes += n;
      size -= static_cast<size_t>(n);
    }
    return true;
  }
  bool become(const std::string& place) const { return rename(path_.c_str(), place.c_str()) == 0; }

 private:
  std::string path_;
  int fd_;
};

}  // namespace

std::optional<Debuginfod::Settings> Debuginfod::from_environment() {
  Settings settings;
  std::istringstream urls(variable("DEBUGINFOD_URLS"));
  for (std::string url; urls >> url;) {
    while (url.ends_with('/')) url.pop_back();
    settings.servers.push_back(url);
  }
  settings.cache = cache_directory();
  if (settings.servers.empty() || settings.cache.empty()) return std::nullopt;
  const uint64_t most_bytes = number_of("DEBUGINFOD_MAXSIZE");
  if (most_bytes > 0) settings.most_bytes = most_bytes;
  const uint64_t seconds = number_of("DEBUGINFOD_MAXTIME");
  if (seconds > 0) settings.seconds = static_cast<double>(seconds);
  return settings;
}

int Debuginfod::open_cached(const std::string& path, const std::string& build_id) const {
  struct stat status {};
  std::string problem;
  const int fd = open_elf_file(path, &status, &problem);
  if (fd >= 0 && status.st_uid == geteuid() && elf_build_id(fd) == build_id) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

bool Debuginfod::fetch(const std::string& server, const std::string& build_id,
                       const std::string& kind, double seconds, std::string* problem) {
  const fs::path directory = fs::path(settings_.cache) / build_id;
  std::error_code error;
  fs::create_directories(directory, error);
  const std::string place = directory / kind;
  const Arrival arrival(place);
  if (arrival.fd() < 0) {
    *problem = "the cache " + settings_.cache + " cannot be written";
    return false;
  }
  uint64_t room = settings_.most_bytes;
  std::string trouble;
  HttpExchange wanted;
  wanted.url = server + "/buildid/" + build_id + "/" + kind;
  wanted.whole_ms = std::max(1L, static_cast<long>(std::min(seconds, settings_.seconds) * 1000));
  wanted.connect_ms = std::min(wanted.connect_ms, wanted.whole_ms);
  wanted.most_redirects = 5;
  wanted.take = [&](const char* bytes, size_t size) {
    if (size > room) trouble = "the file is longer than " + std::to_string(settings_.most_bytes);
    if (trouble.empty() && !arrival.add(bytes, size)) trouble = strerror(errno);
    room -= std::min<uint64_t>(size, room);
    return trouble.empty();
  };
  const HttpResult result = exchange(wanted);
  const bool has_come = result.status == 200 && trouble.empty();
  if (result.status == 0 && trouble.empty()) silent_servers_.insert(server);
  if (has_come && elf_build_id(arrival.fd()) == build_id && arrival.become(place)) return true;
  *problem = !trouble.empty()       ? trouble
             : has_come             ? "it sent a file with another build id"
             : result.status == 0   ? result.problem
             : result.status == 404 ? "not there"
                                    : "status " + std::to_string(result.status);
  fs::remove(directory, error);  // only if it is empty
  return false;
}

OpenedFile Debuginfod::open(const std::string& build_id, const std::string& kind, double seconds) {
  OpenedFile opened;
  opened.path = settings_.cache + "/" + build_id + "/" + kind;
  opened.fd = open_cached(opened.path, build_id);
  if (opened.fd >= 0) return opened;
  const auto [entry, added] = refused_.try_emplace(build_id + "/" + kind);
  if (added) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (const std::string& server : settings_.servers) {
      const std::chrono::duration<double> left = end - std::chrono::steady_clock::now();
      if (silent_servers_.contains(server) || left.count() <= 0) continue;
      show_progress("asking " + server + " for " + kind + " " + build_id);
      std::string problem;
      const bool has_come = fetch(server, build_id, kind, left.count(), &problem);
      show_progress("");
      if (has_come) {
        refused_.erase(entry);
        remove_old_files();
        opened.fd = open_cached(opened.path, build_id);
        return opened;
      }
      entry->second += (entry->second.empty() ? "" : ", ") + server + ": " + problem;
    }
  }
  opened.path = "debuginfod";
  opened.problem = entry->second.empty() ? "no server answers" : entry->second;
  return opened;
}

// As the standard client: what was not used for a week.
void Debuginfod::remove_old_files() const {
  constexpr time_t kMostAge = 7 * 24 * 3600;
  std::error_code error;
  for (const auto& directory : fs::directory_iterator(settings_.cache, error)) {
    const std::string name = directory.path().filename();
    const bool is_ours = name.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_ours || !directory.is_directory(error) || directory.is_symlink(error)) continue;
    for (const auto& file : fs::directory_iterator(directory.path(), error)) {
      struct stat status {};
      if (lstat(file.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      if (time(nullptr) - std::max(status.st_atime, status.st_mtime) > kMostAge)
        unlink(file.path().c_str());
    }
    fs::remove(directory.path(), error);  // only if it is empty
  }
}

}  // namespace program
