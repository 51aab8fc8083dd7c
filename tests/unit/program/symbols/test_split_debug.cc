// Debug information that elfutils 0.188 does not read by itself: packages of split units (.dwp) and
// sections compressed by zstd.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>
#include <sstream>

#include "program/symbols/naming_service.h"
#include "program/symbols/object_files.h"
#include "program/symbols/plain_sections.h"
#include "program/symbols/split_package.h"
#include "program/system/console.h"
#include "tests/unit/program/workshop.h"

using program::NamingService;
using program::Profile;

namespace {

bool has_program(const Workshop& workshop, const std::string& name) {
  return !workshop.shell("command -v " + name + " || true").empty();
}

// Two units with functions of the same shape: strings and pieces of one must not go to the other.
void write_sources(const Workshop& workshop) {
  workshop.write(
      "shape.h",
      "#include <string>\n"
      "#include <vector>\n"
      "template <int N> struct Shape {\n"
      "  __attribute__((always_inline)) static inline long leaf(long n) { return n * N ^ "
      "n >> 3; }\n"
      "  __attribute__((noinline)) static long outer(long n) { return leaf(n) + leaf(n + "
      "1); }\n"
      "};\n"
      "long other(long n);\n"
      "std::string text(const std::vector<long>& all);\n");
  workshop.write("a.cc",
                 "#include \"shape.h\"\n"
                 "int main(int n, char**) { return Shape<3>::outer(n) + other(n) + "
                 "text({n, 1}).size(); }\n");
  workshop.write("b.cc",
                 "#include \"shape.h\"\n"
                 "long other(long n) { return Shape<5>::outer(n) + Shape<7>::leaf(n); }\n"
                 "std::string text(const std::vector<long>& all) {\n"
                 "  std::string s; for (long n : all) s += std::to_string(n); return s; }\n");
}

// The places where each function begins, and some after them.
std::vector<uint64_t> addresses_in(const Workshop& workshop, const std::string& file) {
  std::istringstream starts(
      workshop.shell("nm " + file + " 2>/dev/null | awk '/ [tTW] /{print $1}'"));
  std::vector<uint64_t> found;
  for (uint64_t start = 0; starts >> std::hex >> start;) {
    for (uint64_t more = 0; more < 96; more += 3) found.push_back(start + more);
  }
  return found;
}

Profile named(const Profile& unnamed) {
  NamingService names;
  REQUIRE(names.start());
  const program::Naming done = names.name(unnamed.SerializeAsString(), {});
  Profile profile;
  REQUIRE(profile.ParseFromString(done.bytes));
  return profile;
}

std::string comments_of(const Profile& profile) {
  std::string all;
  for (const int64_t text : profile.comment()) {
    all += profile.string_table(static_cast<int>(text)) + '\n';
  }
  return all;
}

std::string all_frames(const Profile& unnamed) {
  const Profile profile = named(unnamed);
  std::ostringstream text;
  for (int i = 0; i < profile.location_size(); i++) {
    for (const program::Frame& frame : frames_of(profile, i)) {
      text << frame.system_name << ' ' << frame.file << ':' << frame.line << ' ' << frame.start_line
           << " < ";
    }
    text << '\n';
  }
  return text.str();
}

void check_package(const std::string& build, const std::string& pack) {
  INFO(build << "; " << pack);
  const Workshop workshop;
  write_sources(workshop);
  workshop.shell(build + " -c a.cc b.cc && c++ a.o b.o -o a");
  const Profile profile = profile_of(workshop.path("a"), addresses_in(workshop, "a"));
  const std::string by_files = all_frames(profile);
  CHECK(by_files.find("shape.h:4") != std::string::npos);
  CHECK(by_files.find("_ZN5ShapeILi5EE4leafEl ") != std::string::npos);
  workshop.shell(pack + " && rm *.dwo");
  CHECK((all_frames(profile) == by_files));
}

std::string zstd(const std::string& file) {
  return "objcopy --compress-debug-sections=zstd " + file + " && readelf -t " + file +
         " | grep -q ZSTD";
}

}  // namespace

TEST_CASE("a package gives what its split units gave, in DWARF 4") {
  check_package("c++ -O2 -gdwarf-4 -gsplit-dwarf -fdebug-types-section", "dwp -e a -o a.dwp");
}

TEST_CASE("packages of LLVM give what their split units gave, in DWARF 4 and 5, of gcc and clang") {
  const Workshop workshop;
  if (!has_program(workshop, "llvm-dwp")) return;
  for (const char* build : {"c++ -O2 -gdwarf-4 -gsplit-dwarf", "c++ -O2 -gdwarf-5 -gsplit-dwarf"}) {
    check_package(build, "llvm-dwp -e a -o a.dwp");
  }
  if (!has_program(workshop, "clang++")) return;
  for (const char* build :
       {"clang++ -O2 -gdwarf-4 -gsplit-dwarf", "clang++ -O2 -gdwarf-5 -gsplit-dwarf",
        "clang++ -O2 -gdwarf-5 -gsplit-dwarf -fdebug-types-section"}) {
    check_package(build, "llvm-dwp -e a -o a.dwp");
  }
}

TEST_CASE("split units that stay in the object files (clang) are read as those in .dwo files") {
  const Workshop workshop;
  if (!has_program(workshop, "clang++")) return;
  std::string frames[2];
  for (int single = 0; single < 2; single++) {
    write_sources(workshop);
    workshop.shell(std::string("clang++ -O2 -g -gsplit-dwarf") + (single == 1 ? "=single" : "") +
                   " -c a.cc b.cc && clang++ a.o b.o -o a");
    frames[single] = all_frames(profile_of(workshop.path("a"), addresses_in(workshop, "a")));
    CHECK(frames[single].find("shape.h:4") != std::string::npos);
    workshop.shell("rm *.o");
  }
  CHECK((frames[0] == frames[1]));
}

TEST_CASE("debug sections compressed by zstd are read, wherever they are") {
  // The uncompressed program is in `plain`, under the same name: without a symbol it is the name.
  const std::string link = "objcopy --add-gnu-debuglink=a.debug a";
  const std::string commands[][2] = {
      {"c++ -O2 -g a.cc b.cc -o a", zstd("a")},
      {"c++ -O2 -g a.cc b.cc -o a && objcopy --only-keep-debug a a.debug",
       zstd("a.debug") + " && strip a && " + link},
      {"c++ -O2 -gdwarf-4 -gsplit-dwarf a.cc b.cc -o a && cp *.dwo plain", zstd("a-a.dwo")},
  };
  for (const auto& [build, compress] : commands) {
    INFO(compress);
    const Workshop workshop;
    write_sources(workshop);
    workshop.shell("mkdir plain && " + build + " && cp a plain");
    const auto places = addresses_in(workshop, "a");
    const std::string plain = all_frames(profile_of(workshop.path("plain/a"), places));
    CHECK(plain.find("shape.h:4") != std::string::npos);
    workshop.shell(compress);
    CHECK((all_frames(profile_of(workshop.path("a"), places)) == plain));
  }
}

TEST_CASE(
    "a missing split unit costs inlined frames, and one comment says where it was looked for") {
  const Workshop workshop;
  write_sources(workshop);
  workshop.shell("c++ -O2 -g -gsplit-dwarf a.cc b.cc -o a && rm *.dwo");
  const Profile unnamed = profile_of(workshop.path("a"), addresses_in(workshop, "a"));
  const Profile profile = named(unnamed);
  CHECK(all_frames(unnamed).find("leaf") == std::string::npos);
  const std::string comments = comments_of(profile);
  INFO(comments);
  const std::string begin = "inlined frames of " + workshop.path("a") + ": ";
  const size_t place = comments.find(begin);
  REQUIRE(place != std::string::npos);
  CHECK(comments.find(begin, place + 1) == std::string::npos);
  CHECK(comments.find(".dwo, not found") != std::string::npos);
  CHECK(comments.find(workshop.path("a.dwp")) != std::string::npos);
  CHECK(comments.find(workshop.path("a-a.dwo")) != std::string::npos);
}

TEST_CASE(
    "inlined frames have their names from the dwz file, and a comment says if it is missing") {
  const Workshop workshop;
  if (!has_program(workshop, "dwz")) return;
  write_sources(workshop);
  workshop.shell(
      "c++ -O2 -g a.cc b.cc -o a && c++ -O1 -g a.cc b.cc -o twin && dwz -m common a twin");
  const Profile unnamed = profile_of(workshop.path("a"), addresses_in(workshop, "a"));
  const Profile whole = named(unnamed);
  CHECK(all_frames(unnamed).find("[unknown]") == std::string::npos);
  CHECK(comments_of(whole).find("dwz") == std::string::npos);
  workshop.shell("rm common");
  const Profile profile = named(unnamed);
  CHECK(all_frames(unnamed).find("[unknown]") != std::string::npos);
  const std::string comments = comments_of(profile);
  INFO(comments);
  CHECK(comments.find("names of inlined functions of " + workshop.path("a") +
                      ": they are in the dwz file common (build id ") != std::string::npos);
  CHECK(comments.find("(looked at " + workshop.path("common")) != std::string::npos);
}

TEST_CASE("damaged packages and compressed sections cost names, not the process") {
  program::set_level(program::Level::kQuiet);
  const Workshop workshop;
  write_sources(workshop);
  workshop.shell(
      "c++ -O1 -gdwarf-4 -gsplit-dwarf a.cc b.cc -o a && dwp -e a -o package && "
      "objcopy --compress-debug-sections=zstd package zstd");
  elf_version(EV_CURRENT);
  std::mt19937_64 random(20240608);
  const uint64_t id = std::stoull(
      workshop.shell("readelf --debug-dump=info a | awk '/GNU_dwo_id/ {print $NF; exit}'"), nullptr,
      16);
  program::ObjectFiles files;
  int found = 0;
  for (const char* name : {"package", "zstd"}) {
    const std::string whole = workshop.read(name);
    for (int i = 0; i < 300; i++) {
      std::string bytes = whole;
      for (int flips = i % 16; flips > 0; flips--) {
        // The index and the section headers are at the end.
        const size_t place = flips % 2 == 0 ? random() % bytes.size()
                                            : bytes.size() - 1 - random() % (bytes.size() / 8);
        bytes[place] = static_cast<char>(random());
      }
      const std::string path = workshop.write("damaged", bytes);
      std::string problem;
      const program::SplitPackage package(
          program::with_plain_sections(open(path.c_str(), O_RDONLY), &files, &problem));
      found += package.unit(id).empty() ? 0 : 1;
      CHECK(package.unit(~id).empty());
    }
  }
  CHECK(found > 100);
  CHECK(found < 600);
}
