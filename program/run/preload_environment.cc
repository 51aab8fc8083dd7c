#include "program/run/preload_environment.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "env/options.h"
#include "env/output_name.h"

namespace program {
namespace {

constexpr const char* kPlaces[] = {
    "",                          // beside the program
    "../lib/x86_64-linux-gnu/",  // Debian
    "../lib64/",                 // Fedora, openSUSE
    "../lib/",
    "../preload/",  // the build tree
};

bool is_sanitizer(std::string_view entry) {
  const std::string_view name = entry.substr(entry.rfind('/') + 1);  // npos + 1 is 0
  return name.starts_with("libasan") || name.starts_with("libtsan") ||
         name.starts_with("liblsan") || name.starts_with("libhwasan") ||
         name.starts_with("libclang_rt.");
}

bool names(std::string_view entry, std::string_view name) {
  return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
}

}  // namespace

std::string find_library() {
  char self[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", self, sizeof self);
  if (n <= 0 || n == static_cast<ssize_t>(sizeof self)) return "";
  const std::string_view program(self, static_cast<size_t>(n));
  const std::string directory(program.substr(0, program.rfind('/') + 1));
  for (const char* place : kPlaces) {
    char resolved[PATH_MAX];
    struct stat status {};
    const std::string file = directory + place + "libprofiler.so";
    if (realpath(file.c_str(), resolved) == nullptr) continue;
    if (stat(resolved, &status) == 0 && S_ISREG(status.st_mode)) return resolved;
  }
  return "";
}

std::string preload_list(std::string_view present, const std::string& library,
                         const std::string& sanitizer) {
  constexpr const char* kSeparators = " :";
  std::string first = sanitizer;
  std::string rest;
  while (!present.empty()) {
    const size_t end = std::min(present.find_first_of(kSeparators), present.size());
    const std::string_view entry = present.substr(0, end);
    present.remove_prefix(std::min(end + 1, present.size()));
    if (entry.empty() || entry == library) continue;
    std::string& list = is_sanitizer(entry) ? first : rest;
    if (is_sanitizer(entry) && entry == sanitizer) continue;
    list += (list.empty() ? "" : ":") + std::string(entry);
  }
  return first + (first.empty() ? "" : ":") + library + (rest.empty() ? "" : ":") + rest;
}

std::string output_from(const std::string& directory, const std::string& output) {
  const std::string given = output.empty() ? std::string(options::defaults(false).output) : output;
  if (!directory.starts_with('/') || given.starts_with('/') || !output_name::valid(given)) {
    return output;
  }
  std::string absolute;
  for (const char c : directory) absolute += c == '%' ? std::string("%%") : std::string(1, c);
  if (!absolute.ends_with('/')) absolute += '/';
  absolute += given;
  return absolute.size() < output_name::kPathSize ? absolute : output;
}

Environment::Environment() {
  for (char** entry = environ; *entry != nullptr; entry++) entries_.emplace_back(*entry);
}

bool Environment::has(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const std::string& entry) { return names(entry, name); });
}

std::string Environment::get(std::string_view name) const {
  for (const std::string& entry : entries_) {
    if (names(entry, name)) return entry.substr(name.size() + 1);
  }
  return "";
}

void Environment::set(std::string_view name, std::string_view value) {
  const std::string text = std::string(name) + "=" + std::string(value);
  for (std::string& entry : entries_) {
    if (!names(entry, name)) continue;
    entry = text;
    return;
  }
  entries_.push_back(text);
}

std::vector<char*> Environment::pointers() {
  std::vector<char*> all;
  all.reserve(entries_.size() + 1);
  for (std::string& entry : entries_) all.push_back(entry.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace program
