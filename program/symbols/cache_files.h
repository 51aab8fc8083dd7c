// The files of the cache's directory, which is this user's alone.
#pragma once

#include <cstdint>
#include <string>

namespace program {

class CacheFiles {
 public:
  struct Bounds {
    uint64_t files = 1024;
    uint64_t bytes = uint64_t{128} << 20;
  };
  static constexpr uint64_t kMostFileBytes = uint64_t{16} << 20;

  // An empty path: there is no cache.
  CacheFiles(const std::string& directory, const Bounds& bounds);
  ~CacheFiles();
  CacheFiles(const CacheFiles&) = delete;
  CacheFiles& operator=(const CacheFiles&) = delete;

  bool is_open() const { return directory_ >= 0; }

  // -1 if it is missing, or another user could have written it.
  int open(const std::string& name) const;

  // A reader sees the old file or the new one, whole. Then removes the files that were not used for
  // longest where the directory is full. The name ends in kEnding.
  void replace(const std::string& name, const std::string& bytes) const;
  static constexpr const char* kEnding = ".names";

 private:
  void remove_oldest() const;

  Bounds bounds_;
  int directory_ = -1;
};

}  // namespace program
