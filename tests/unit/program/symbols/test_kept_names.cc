#include "program/symbols/kept_names.h"

#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "encoder/names_cache.pb.h"
#include "program/symbols/naming_service.h"
#include "program/symbols/object_files.h"
#include "tests/unit/program/workshop.h"

using program::Naming;
using program::NamingService;
using program::Profile;
namespace cache = program::cache;

namespace {

constexpr const char* kSource =
    "volatile int sink;\n"
    "__attribute__((noinline)) int other(int n) { return n + sink; }\n"
    "int main(int n, char** a) { (void)a; return other(n) + 1; }\n";

std::vector<std::string> cached_files(const Workshop& workshop) {
  std::vector<std::string> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(workshop.path("cache"), none)) {
    files.push_back(entry.path());
  }
  return files;
}

// As a process of its own names it: a text for each location.
std::vector<std::string> names_by(const Workshop& workshop, const Profile& profile, bool cached,
                                  bool foreign = false) {
  NamingService names(std::make_unique<program::ObjectFiles>(program::ObjectFiles::Places{
                          .debug_directories = {workshop.path("debug")}}),
                      {.cache = cached ? workshop.path("cache") : ""});
  REQUIRE(names.start());
  const Naming done = names.name(profile.SerializeAsString(), {.is_foreign = foreign});
  REQUIRE(done.outcome == Naming::kNamed);
  Profile named;
  REQUIRE(named.ParseFromString(done.bytes));
  std::vector<std::string> texts;
  for (int i = 0; i < named.location_size(); i++) {
    std::string text;
    for (const program::Frame& frame : frames_of(named, i)) {
      text += frame.name + " " + frame.system_name + " " + frame.file + ":" +
              std::to_string(frame.line) + ":" + std::to_string(frame.start_line) + "; ";
    }
    texts.push_back(text);
  }
  return texts;
}

uint32_t sum_of(const std::string& bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Puts a name into the cache that no object has: where it shows, the cache was believed.
void forge(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  uint32_t front[2];  // sum and size of the entry
  in.read(reinterpret_cast<char*>(front), sizeof front);
  std::string bytes(front[1], '\0');
  in.read(bytes.data(), front[1]);
  cache::Entry entry;
  REQUIRE(entry.ParseFromString(bytes));
  cache::Index* index = entry.mutable_index();
  std::string pieces;
  for (int i = 0; i < index->bytes_size(); i++) {
    std::string piece(index->bytes(i), '\0');
    in.read(piece.data(), index->bytes(i));
    cache::Answers answers;
    REQUIRE(answers.ParseFromString(piece));
    for (std::string& text : *answers.mutable_text()) text = "forged";
    piece = answers.SerializeAsString();
    index->set_bytes(i, static_cast<uint32_t>(piece.size()));
    index->set_sum(i, sum_of(piece));
    pieces += piece;
  }
  bytes = entry.SerializeAsString();
  front[0] = sum_of(bytes);
  front[1] = static_cast<uint32_t>(bytes.size());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<char*>(front), sizeof front);
  out << bytes << pieces;
}

// A program whose names are in the cache, all forged.
class ForgedCache {
 public:
  explicit ForgedCache(const std::string& build) {
    workshop.write("a.c", kSource);
    workshop.shell(build);
    profile = profile_of(workshop.path("a"), {workshop.address("names", "main")});
    names_by(workshop, profile, true);
    REQUIRE(cached_files(workshop).size() == 1);
    forge(cached_files(workshop)[0]);
    REQUIRE(is_believed());
  }
  bool is_believed() const { return names_by(workshop, profile, true)[0].find("forged ") == 0; }

  Workshop workshop;
  Profile profile;
};

constexpr const char* kPlain = "cc -g -O2 a.c -o a && cp a names";

}  // namespace

TEST_CASE("cached names are those that the object gives, with inlined calls, files and lines") {
  const Workshop workshop;
  workshop.write("a.c",
                 "volatile int sink;\n"
                 "static inline __attribute__((always_inline)) int inner(int n) {\n"
                 "  __asm__ volatile(\".globl mark\\nmark: nop\"); return n + sink; }\n"
                 "int main(int n, char** a) { (void)a;\n  return inner(n) + 1; }\n");
  workshop.shell("cc -g -O2 a.c -o a");
  const Profile one = profile_of(workshop.path("a"), {workshop.address("a", "mark")});
  const Profile two = profile_of(workshop.path("a"),
                                 {workshop.address("a", "mark"), workshop.address("a", "main")});
  const auto bare = names_by(workshop, two, false);
  CHECK(bare[0].find("inner inner " + workshop.path("a.c:3:2")) == 0);
  CHECK(names_by(workshop, one, true)[0] == bare[0]);
  REQUIRE(cached_files(workshop).size() == 1);
  CHECK(names_by(workshop, two, true) == bare);
  // The unit is kept as a whole, so an address that no process had is known too.
  forge(cached_files(workshop)[0]);
  CHECK(names_by(workshop, two, true)[1].find("forged ") == 0);
}

TEST_CASE("an object that was built anew at the same path gets its own names") {
  SECTION("with the same bytes") {
    const ForgedCache cached(kPlain);
    cached.workshop.shell("cp -p a b && mv b a");
    CHECK_FALSE(cached.is_believed());
  }
  SECTION("with the same inode") {
    const ForgedCache cached(kPlain);
    cached.workshop.shell("touch -d '1 hour ago' a");
    CHECK_FALSE(cached.is_believed());
  }
}

TEST_CASE("a debug file that comes, changes or goes ends what was kept without it") {
  const char* stripped =
      "cc -g -O2 a.c -o a && cp a names && strip --only-keep-debug a -o full && "
      "strip -g a && mkdir -p debug";
  const ForgedCache cached(stripped);
  const Workshop& workshop = cached.workshop;
  workshop.shell("cp full a.debug");
  CHECK_FALSE(cached.is_believed());
  CHECK(names_by(workshop, cached.profile, true)[0].find("a.c:3:3") != std::string::npos);
  const std::string kept = cached_files(workshop)[0];
  forge(kept);
  REQUIRE(cached.is_believed());
  workshop.shell("touch -d '1 hour ago' a.debug");
  CHECK_FALSE(cached.is_believed());
  forge(kept);
  REQUIRE(cached.is_believed());
  workshop.shell("rm a.debug");
  CHECK_FALSE(cached.is_believed());
}

TEST_CASE("a damaged file of the cache costs nothing but time") {
  const ForgedCache cached(kPlain);
  const std::string file = cached_files(cached.workshop)[0];
  const auto size = std::filesystem::file_size(file);
  SECTION("a piece is cut off") {
    std::filesystem::resize_file(file, size - 1);
    CHECK_FALSE(cached.is_believed());
  }
  SECTION("the entry is cut off") {
    std::filesystem::resize_file(file, 20);
    CHECK_FALSE(cached.is_believed());
    forge(file);
    CHECK(cached.is_believed());  // it was made anew
  }
}

TEST_CASE("nothing is kept of a process that has read a file of a third user") {
  if (geteuid() != 0) return;
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O2 a.c -o a && chown 65534 a && chmod 755 a");
  names_by(workshop, profile_of(workshop.path("a"), {workshop.address("a", "main")}), true);
  CHECK(cached_files(workshop).empty());
}

TEST_CASE("nothing is kept of what was read for a profile of another user") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O2 a.c -o a");
  const Profile profile = profile_of(workshop.path("a"), {workshop.address("a", "main")});
  names_by(workshop, profile, true, true);
  CHECK(cached_files(workshop).empty());
  names_by(workshop, profile, true, false);
  CHECK(cached_files(workshop).size() == 1);
}

TEST_CASE("a new program is read as a whole when it is run again, not the first time") {
  const Workshop workshop;
  workshop.write("a.c", "int far(void); int main(void) { return far(); }\n");
  workshop.write("b.c", "volatile int sink;\nint far(void) { return sink; }\n");
  workshop.shell("cc -g -O0 a.c b.c -o a");
  const uint64_t main_begin = workshop.address("a", "main");
  const auto first = profile_of(workshop.path("a"), {main_begin});
  const auto other = profile_of(workshop.path("a"), {workshop.address("a", "_start")});
  const auto far = profile_of(workshop.path("a"), {workshop.address("a", "far")});
  const auto is_kept = [&] {
    forge(cached_files(workshop).at(0));
    const bool is_forged = names_by(workshop, far, true)[0].find("forged ") == 0;
    std::filesystem::remove(cached_files(workshop).at(0));
    return is_forged;
  };
  names_by(workshop, first, true);
  CHECK_FALSE(is_kept());
  names_by(workshop, first, true);
  names_by(workshop, other, true);
  CHECK(is_kept());
}

TEST_CASE("every address of a program has the names from the cache that it has without") {
  const Workshop workshop;
  workshop.write("b.cc",
                 "#include <algorithm>\n#include <map>\n#include <string>\n#include <vector>\n"
                 "std::map<std::string, int> all;\n"
                 "int main(int n, char** a) {\n"
                 "  std::vector<std::string> v(a, a + n);\n"
                 "  std::sort(v.begin(), v.end());\n"
                 "  for (auto& s : v) all[s]++;\n"
                 "  return all.size() == 1;\n}\n");
  workshop.shell("c++ -g -O2 b.cc -o b");
  const std::string text = workshop.shell("readelf -SW b | sed -n 's/.* \\.text *PROGBITS *//p'");
  const uint64_t begin = std::stoull(text, nullptr, 16);
  const uint64_t size = std::stoull(text.substr(text.find(' ', 20)), nullptr, 16);
  std::vector<uint64_t> addresses;
  for (uint64_t i = 0; i < size; i++) addresses.push_back(begin + i);
  const Profile all = profile_of(workshop.path("b"), addresses);
  const auto bare = names_by(workshop, all, false);
  names_by(workshop, profile_of(workshop.path("b"), {workshop.address("b", "main")}), true);
  const auto cached = names_by(workshop, all, true);
  REQUIRE(cached.size() == bare.size());
  for (size_t i = 0; i < bare.size(); i++) {
    if (cached[i] == bare[i]) continue;
    INFO(std::hex << addresses[i]);
    CHECK(cached[i] == bare[i]);
  }
}

TEST_CASE("nothing is kept of an object without a build id, or whose split debug file is missing") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O2 -Wl,--build-id=none a.c -o a");
  workshop.shell("cc -g -O2 -gsplit-dwarf -c a.c && cc a.o -o b && mkdir away && mv *.dwo away");
  for (const char* file : {"a", "b"}) {
    names_by(workshop, profile_of(workshop.path(file), {workshop.address(file, "main")}), true);
    CHECK(cached_files(workshop).empty());
  }
  workshop.shell("mv away/*.dwo .");
  names_by(workshop, profile_of(workshop.path("b"), {workshop.address("b", "main")}), true);
  CHECK(cached_files(workshop).size() == 1);
}
