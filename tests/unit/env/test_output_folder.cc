#include "env/output_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "tests/unit/env/temporary_folder.h"

namespace {

std::string resolved(const std::string& name_template, const std::string& start_folder) {
  char buffer[output_name::kPathSize];
  return std::string(output_folder::resolve(name_template, start_folder, buffer));
}

int opened(const std::string& path, size_t to_make = 0) {
  const int fd = output_folder::open(path, to_make, 0640);
  if (fd >= 0) close(fd);
  return fd >= 0 ? 0 : fd;
}

}  // namespace

TEST_CASE("a folder is opened without following a link at any step") {
  const TemporaryFolder folder;
  REQUIRE(mkdir((folder / "real").c_str(), 0700) == 0);
  REQUIRE(mkdir((folder / "real/inner").c_str(), 0700) == 0);
  REQUIRE(symlink("real", (folder / "link").c_str()) == 0);
  folder.put("file", "");
  CHECK(opened(folder / "real/inner/a.pb.gz") == 0);
  CHECK(opened(folder / "real/../real//./a.pb.gz") == 0);
  CHECK(opened(folder / "link/a.pb.gz") == -ELOOP);
  CHECK(opened(folder / "link/inner/a.pb.gz") == -ELOOP);
  CHECK(opened(folder / "file/a.pb.gz") == -ENOTDIR);
  CHECK(opened(folder / "missing/a.pb.gz") == -ENOENT);
  CHECK(opened("relative/a.pb.gz") == -ENOENT);
  CHECK(opened("/" + std::string(300, 'x') + "/a") == -ENAMETOOLONG);
  CHECK(opened("/a.pb.gz") == 0);
}

TEST_CASE("missing folders are made only as far as the path says so, never through a link") {
  const TemporaryFolder folder, elsewhere;
  const std::string path = folder / "a/b/";
  CHECK(opened(path + "x.pb.gz", path.size()) == 0);
  struct stat st = {};
  REQUIRE(stat(path.c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0750);
  REQUIRE(symlink(elsewhere.path().c_str(), (folder / "link").c_str()) == 0);
  const std::string through = folder / "link/b/";
  CHECK(opened(through + "x.pb.gz", through.size()) == -ELOOP);
  CHECK(elsewhere.names().empty());
}

TEST_CASE("a user's own link to an output folder is resolved at the start") {
  const TemporaryFolder folder;
  REQUIRE(mkdir((folder / "50%").c_str(), 0700) == 0);
  REQUIRE(symlink("50%", (folder / "link").c_str()) == 0);
  const std::string real = folder / "50%%";
  CHECK(resolved(folder / "link/%e.pb.gz", "/") == real + "/%e.pb.gz");
  CHECK(resolved("link/%e.pb.gz", folder.path()) == real + "/%e.pb.gz");
  CHECK(resolved("link/../link/a%%b.pb.gz", folder.path()) == real + "/a%%b.pb.gz");
  CHECK(resolved(folder / "link/", "/") == real + "/");
  CHECK(resolved(folder / "link", "/") == real);
  CHECK(resolved(folder / "link/later/%m/x", "/") == real + "/later/%m/x");
  CHECK(resolved(folder / "link/later/", "/") == real + "/later/");
  CHECK(resolved("/a.pb.gz", "/") == "/a.pb.gz");
  CHECK(resolved("/", "/") == "/");
}

TEST_CASE("a template without a literal folder stays as it is") {
  for (const char* each : {"%e.%p.%m.pb.gz", "a.pb.gz", "%e/a.pb.gz", ""}) {
    CHECK(resolved(each, "/tmp") == each);
  }
  CHECK(resolved("out/a.pb.gz", "") == "out/a.pb.gz");
  const std::string longest(4000, 'x');
  CHECK(resolved("/tmp/" + longest + "/" + longest, "/") == "/tmp/" + longest + "/" + longest);
}
