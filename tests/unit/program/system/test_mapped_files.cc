#include "program/system/mapped_files.h"

#include <dlfcn.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "program/symbols/memory_image.h"
#include "program/symbols/object_ways.h"
#include "program/symbols/symbolizer.h"
#include "tests/unit/program/workshop.h"

using program::mapped_files;
using program::MappedFile;
using program::Profile;

namespace {

std::string own_list() {
  std::ostringstream list;
  list << std::ifstream("/proc/self/maps").rdbuf();
  return list.str();
}

constexpr const char* kPlugin =
    "static __attribute__((noinline)) int hidden(int n) { return n * n / 7; }\n"
    "int visible(int n) { return hidden(n) + 1; }\n";

}  // namespace

TEST_CASE("files of a list of mappings: parts of one loading, removed files, names with blanks") {
  const std::vector<MappedFile> files = mapped_files(
      "1000-2000 r--p 00000000 08:01 77                       /a b\\012c (deleted)\n"
      "2000-3000 r-xp 00000000 08:01 77                       /a b\\012c (deleted)\n"
      "3000-4000 rw-p 00001000 08:01 77                       /a b\\012c (deleted)\n"
      "4000-5000 rw-p 00000000 00:00 0 \n"
      "5000-6000 r-xp 00000000 08:01 77                       /a b\\012c (deleted)\n"
      "6000-7000 rw-p 00000000 00:00 0                        [heap]\n"
      "nonsense\n");
  REQUIRE(files.size() == 2);
  CHECK(files[0].was_removed_from("/a b\nc"));
  CHECK(files[0].is_from("/a b\nc (deleted)"));
  CHECK_FALSE(files[0].is_from("/a b"));
  CHECK(files[0].parts.size() == 3);
  CHECK(files[0].inode == 77);
  CHECK(files[0].holds(0x2fff));
  CHECK_FALSE(files[0].holds(0x5000));
  CHECK(files[0].parts[2].is_writable);
}

TEST_CASE("bytes of a path are escaped in a profile, and other escapes are left") {
  CHECK(program::raw_path("/caf\\xe9") == "/caf\xe9");
  CHECK(program::raw_path("/a\\x41\\xzz\\x") == "/a\\x41\\xzz\\x");
}

TEST_CASE(
    "an image from memory has the build id, dynamic symbols, functions and stubs of its file") {
  const Workshop workshop;
  workshop.write("a.c", kPlugin);
  for (const char* flags : {"", "-Wl,-z,noseparate-code", "-fuse-ld=gold"}) {
    INFO(flags);
    workshop.shell(std::string("cc -O1 -fPIC -shared a.c -o a.so ") + flags);
    void* plugin = dlopen(workshop.path("a.so").c_str(), RTLD_NOW);
    REQUIRE(plugin != nullptr);
    const auto address = reinterpret_cast<uint64_t>(dlsym(plugin, "visible"));
    int image = -1;
    for (const MappedFile& file : mapped_files(own_list())) {
      if (file.holds(address)) image = program::memory_image(getpid(), file);
    }
    dlclose(plugin);
    REQUIRE(image >= 0);
    workshop.shell("cp a.so full && cat /proc/" + std::to_string(getpid()) + "/fd/" +
                   std::to_string(image) + " > image.so && rm a.so");
    close(image);
    CHECK(workshop.shell("readelf -n full 2>&1 | grep Build") ==
          workshop.shell("readelf -n image.so 2>&1 | grep Build"));
    const uint64_t hidden = workshop.address("full", "hidden");
    Profile profile = profile_of(workshop.path("image.so"),
                                 {workshop.address("full", "visible"), hidden, hidden + 2});
    CHECK(add_names(&profile));
    CHECK(names_of(profile, 0) == "visible");
    char expected[64];
    snprintf(expected, sizeof expected, "image.so+0x%lx", hidden);
    CHECK(names_of(profile, 1) == expected);
    CHECK(names_of(profile, 2) == expected);
  }
}
