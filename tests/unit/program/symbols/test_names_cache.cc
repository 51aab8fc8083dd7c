#include "program/symbols/names_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "encoder/names_cache.pb.h"
#include "tests/unit/program/workshop.h"

using program::FileKind;
using program::NamesCache;

namespace {

const std::vector<NamesCache::Lookup> kLookups = {{{FileKind::kByBuildId, "", "abc", 0}, "1 2 3"},
                                                  {{FileKind::kByLink, "", "x", 2}, ""}};

std::string addition(const std::string& piece, uint64_t start) {
  program::cache::Added added;
  added.mutable_index()->add_start(start);
  added.mutable_index()->add_length(10);
  added.mutable_index()->add_piece(0);
  added.mutable_index()->add_bytes(static_cast<uint32_t>(piece.size()));
  added.mutable_index()->add_sum(0);  // the broker does not look at it
  added.add_piece(piece);
  return added.SerializeAsString();
}

void add(const NamesCache& cache, const std::string& key, const std::string& piece,
         uint64_t start = 100) {
  cache.add(key, kLookups, addition(piece, start));
}

// All pieces that are kept, joined; "none" if there is no entry.
std::string pieces(const NamesCache& cache, const std::string& key) {
  const auto entry = cache.load(key);
  if (!entry) return "none";
  std::string bytes(1 << 20, '\0');
  const ssize_t size =
      pread(entry->fd, bytes.data(), bytes.size(), static_cast<off_t>(entry->offset));
  close(entry->fd);
  bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return bytes;
}

std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    files.push_back(entry.path());
  return files;
}

std::string only_file(const std::string& directory) {
  const auto files = files_in(directory);
  REQUIRE(files.size() == 1);
  return files[0];
}

}  // namespace

TEST_CASE("pieces come back as they were added, for their own key alone") {
  const Workshop workshop;
  const NamesCache cache(workshop.path("cache"));
  CHECK(pieces(cache, "key") == "none");
  add(cache, "key", "first ");
  add(cache, "key", "second", 200);
  CHECK(pieces(cache, "key") == "first second");
  CHECK(pieces(cache, "other") == "none");
  const auto back = cache.load("key");
  REQUIRE(back);
  close(back->fd);
  REQUIRE(back->lookups.size() == 2);
  CHECK(back->lookups[0].request.name == "abc");
  CHECK(back->lookups[0].identity == "1 2 3");
  CHECK(back->lookups[1].request.kind == FileKind::kByLink);
  CHECK(back->lookups[1].request.number == 2);
  CHECK(back->lookups[1].identity.empty());
  program::cache::Index index;
  REQUIRE(index.ParseFromString(back->index));
  CHECK(index.start(1) == 200);
  CHECK(index.piece(1) == 1);
  struct stat status {};
  REQUIRE(stat(only_file(workshop.path("cache")).c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("pieces that rest on another debug file are dropped") {
  const Workshop workshop;
  const NamesCache cache(workshop.path("cache"));
  add(cache, "key", "old");
  auto changed = kLookups;
  changed[0].identity = "1 2 4";
  cache.add("key", changed, addition("new", 100));
  CHECK(pieces(cache, "key") == "new");
}

TEST_CASE("an entry that is damaged or cut short anywhere counts as missing") {
  const Workshop workshop;
  const NamesCache cache(workshop.path("cache"));
  add(cache, "key", "piece");
  const std::string path = only_file(workshop.path("cache"));
  const std::string whole = workshop.read("cache/" + path.substr(path.rfind('/') + 1));
  const size_t entry = whole.size() - 5;  // pieces have their own sums
  for (size_t at = 0; at < entry; at++) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    std::ofstream(path, std::ios::binary) << damaged;
    CHECK(pieces(cache, "key") == "none");
  }
  for (size_t size = 0; size < entry; size++) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    CHECK(pieces(cache, "key") == "none");
  }
  add(cache, "key", "again");
  CHECK(pieces(cache, "key") == "again");
}

TEST_CASE("a file of the cache that another user could have written counts as missing") {
  const Workshop workshop;
  const NamesCache cache(workshop.path("cache"));
  add(cache, "key", "piece");
  const std::string path = only_file(workshop.path("cache"));
  const auto is_read = [&] { return pieces(cache, "key") == "piece"; };
  REQUIRE(is_read());
  for (const mode_t mode : {0666U, 0620U, 0602U, 0644U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK_FALSE(is_read());
  }
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  REQUIRE(link(path.c_str(), workshop.path("second").c_str()) == 0);
  CHECK_FALSE(is_read());
  REQUIRE(unlink(path.c_str()) == 0);
  REQUIRE(symlink(workshop.path("second").c_str(), path.c_str()) == 0);
  CHECK_FALSE(is_read());
  REQUIRE(unlink(path.c_str()) == 0);
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(is_read());
  REQUIRE(rename(workshop.path("second").c_str(), path.c_str()) == 0);
  REQUIRE(is_read());
  if (geteuid() != 0) return;
  REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
  CHECK_FALSE(is_read());
}

TEST_CASE("a directory that another user owns, can write to or has linked is no cache") {
  const Workshop workshop;
  const auto is_open = [&](const std::string& name) {
    return NamesCache(workshop.path(name)).is_open();
  };
  CHECK(is_open("made/here"));
  CHECK_FALSE(is_open("made/not/two/deep/at/once"));
  workshop.shell("mkdir group all own && chmod 770 group && chmod 777 all && ln -s own linked");
  CHECK(is_open("own"));
  CHECK_FALSE(is_open("group"));
  CHECK_FALSE(is_open("all"));
  CHECK_FALSE(is_open("linked"));
  CHECK_FALSE(NamesCache("").is_open());
  if (geteuid() != 0) return;
  workshop.shell("mkdir home && chown 65534 home");
  CHECK_FALSE(is_open("home"));
  CHECK_FALSE(is_open("home/.cache/profiler"));
  CHECK(files_in(workshop.path("home")).empty());
}

TEST_CASE("the files that were not used for longest leave a full cache") {
  const Workshop workshop;
  const NamesCache cache(workshop.path("cache"), {.files = 3, .bytes = 1 << 20});
  const auto has = [&](const char* key) { return pieces(cache, key) != "none"; };
  for (const char* key : {"a", "b", "c"}) {
    add(cache, key, key);
    usleep(10000);  // more than the clock of a file system
  }
  REQUIRE(has("a"));
  usleep(10000);
  add(cache, "d", "d");
  CHECK(has("a"));
  CHECK_FALSE(has("b"));
  CHECK(has("c"));
  CHECK(has("d"));
  const NamesCache small(workshop.path("cache"), {.files = 100, .bytes = 3000});
  add(small, "e", std::string(2900, 'e'));
  uint64_t bytes = 0;
  for (const std::string& file : files_in(workshop.path("cache"))) {
    bytes += std::filesystem::file_size(file);
  }
  CHECK(bytes <= 3000);
  CHECK(has("e"));
  CHECK_FALSE(has("c"));
}

TEST_CASE("processes that write one entry at the same time leave a whole one") {
  const Workshop workshop;
  const std::string directory = workshop.path("cache");
  const NamesCache cache(directory);
  std::vector<pid_t> writers;
  for (int i = 0; i < 4; i++) {
    const pid_t pid = fork();
    if (pid == 0) {
      const NamesCache own(directory);
      for (int round = 0; round < 50; round++) add(own, "key", std::string(1000, 'a'));
      _exit(0);
    }
    writers.push_back(pid);
  }
  const auto is_whole = [&](const std::string& bytes) {
    return bytes == "none" ||
           (bytes.size() % 1000 == 0 && bytes.find_first_not_of('a') == std::string::npos);
  };
  for (size_t running = writers.size(); running > 0;) {
    CHECK(is_whole(pieces(cache, "key")));
    if (waitpid(-1, nullptr, WNOHANG) > 0) running--;
  }
  CHECK(pieces(cache, "key").size() >= 1000);
  CHECK(files_in(directory).size() == 1);
}
