// What was read of objects, kept between processes of one user: a file for each object (decision
// 16; encoder/names_cache.proto is the format). The broker's side: it passes pieces on unread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "program/symbols/cache_files.h"
#include "program/system/file_source.h"

namespace program {

class NamesCache {
 public:
  // The file that a request was answered with; an empty identity: none.
  struct Lookup {
    FileRequest request;  // without the object
    std::string identity;
  };
  struct Entry {
    std::vector<Lookup> lookups;
    std::string index;    // a cache::Index
    int fd = -1;          // of the file; the caller closes it
    uint64_t offset = 0;  // of its pieces
  };

  // An empty directory: nothing is kept.
  explicit NamesCache(const std::string& directory) : NamesCache(directory, CacheFiles::Bounds()) {}
  NamesCache(const std::string& directory, const CacheFiles::Bounds& bounds)
      : files_(directory, bounds) {}

  bool is_open() const { return files_.is_open(); }

  // A file that is damaged, or that another user could have written, counts as missing.
  std::optional<Entry> load(const std::string& key) const;

  // Adds pieces (a cache::Added) to those that rest on the same lookups or on fewer. Of two
  // processes that add at the same time the last one's pieces stay.
  void add(const std::string& key, const std::vector<Lookup>& lookups,
           const std::string& added) const;

 private:
  CacheFiles files_;
};

}  // namespace program
