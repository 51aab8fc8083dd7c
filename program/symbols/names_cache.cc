#include "program/symbols/names_cache.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "encoder/names_cache.pb.h"

namespace program {
namespace {

constexpr uint32_t kMostEntryBytes = 4 << 20;
constexpr int kMostPieces = 8192;

struct Front {
  uint32_t sum;   // of the entry
  uint32_t size;  // of it
};

// FNV-1a. The key stands in the file, so that two keys with one sum do no harm.
std::string file_name(const std::string& key) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const char c : key) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  char text[40];
  snprintf(text, sizeof text, "%016llx%s", static_cast<unsigned long long>(sum),
           CacheFiles::kEnding);
  return text;
}

uint32_t sum_of(const std::string& bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

bool read_at(int fd, uint64_t offset, size_t size, std::string* bytes) {
  bytes->resize(size);
  return pread(fd, bytes->data(), size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

bool read_entry(int fd, const std::string& key, cache::Entry* entry, uint64_t* pieces) {
  Front front{};
  std::string bytes;
  if (pread(fd, &front, sizeof front, 0) != sizeof front) return false;
  if (front.size > kMostEntryBytes || !read_at(fd, sizeof front, front.size, &bytes)) return false;
  *pieces = sizeof front + front.size;
  return sum_of(bytes) == front.sum && entry->ParseFromString(bytes) && entry->key() == key;
}

NamesCache::Lookup lookup_of(const cache::Lookup& stored) {
  return {{static_cast<FileKind>(stored.kind()), "", stored.name(), stored.number()},
          stored.identity()};
}

cache::Lookup stored_of(const NamesCache::Lookup& lookup) {
  cache::Lookup stored;
  stored.set_kind(static_cast<uint32_t>(lookup.request.kind));
  stored.set_name(lookup.request.name);
  stored.set_number(lookup.request.number);
  stored.set_identity(lookup.identity);
  return stored;
}

// Whether what rests on the stored lookups is true where `now` is.
bool rests_on(const cache::Entry& entry, const std::vector<NamesCache::Lookup>& now) {
  return std::all_of(entry.lookup().begin(), entry.lookup().end(), [&](const auto& then) {
    const std::string bytes = then.SerializeAsString();
    return std::any_of(now.begin(), now.end(), [&](const NamesCache::Lookup& lookup) {
      return stored_of(lookup).SerializeAsString() == bytes;
    });
  });
}

// Puts the new pieces behind the old ones.
void join(const cache::Index& added, cache::Index* index) {
  const auto first = static_cast<uint32_t>(index->bytes_size());
  index->mutable_start()->MergeFrom(added.start());
  index->mutable_length()->MergeFrom(added.length());
  for (const uint32_t piece : added.piece()) index->add_piece(first + piece);
  index->mutable_bytes()->MergeFrom(added.bytes());
  index->mutable_sum()->MergeFrom(added.sum());
}

uint64_t bytes_of_pieces(const cache::Index& index) {
  uint64_t sum = 0;
  for (const uint32_t size : index.bytes()) sum += size;
  return sum;
}

std::string bytes_of(const cache::Entry& entry, const std::string& pieces) {
  const std::string bytes = entry.SerializeAsString();
  const Front front{sum_of(bytes), static_cast<uint32_t>(bytes.size())};
  std::string file(sizeof front, '\0');
  memcpy(file.data(), &front, sizeof front);
  return file + bytes + pieces;
}

}  // namespace

std::optional<NamesCache::Entry> NamesCache::load(const std::string& key) const {
  const int fd = files_.open(file_name(key));
  cache::Entry stored;
  Entry entry;
  if (fd < 0) return std::nullopt;
  if (!read_entry(fd, key, &stored, &entry.offset)) {
    close(fd);
    return std::nullopt;
  }
  for (const cache::Lookup& lookup : stored.lookup()) entry.lookups.push_back(lookup_of(lookup));
  entry.index = stored.index().SerializeAsString();
  entry.fd = fd;
  return entry;
}

void NamesCache::add(const std::string& key, const std::vector<Lookup>& lookups,
                     const std::string& added) const {
  cache::Added additions;
  if (!is_open() || !additions.ParseFromString(added)) return;
  const std::string name = file_name(key);
  cache::Entry entry;
  std::string pieces;
  uint64_t offset = 0;
  const int fd = files_.open(name);
  const bool has_old = fd >= 0 && read_entry(fd, key, &entry, &offset) && rests_on(entry, lookups);
  const uint64_t size = bytes_of_pieces(entry.index());
  uint64_t sum = size;
  for (const std::string& piece : additions.piece()) sum += piece.size();
  const bool has_room = sum < CacheFiles::kMostFileBytes - kMostEntryBytes &&
                        entry.index().bytes_size() < kMostPieces;
  if (!has_old || !has_room || !read_at(fd, offset, size, &pieces)) {
    entry.Clear();
    pieces.clear();
  }
  if (fd >= 0) close(fd);
  entry.set_key(key);
  entry.clear_lookup();
  for (const Lookup& lookup : lookups) *entry.add_lookup() = stored_of(lookup);
  join(additions.index(), entry.mutable_index());
  for (const std::string& piece : additions.piece()) pieces += piece;
  files_.replace(name, bytes_of(entry, pieces));
}

}  // namespace program
