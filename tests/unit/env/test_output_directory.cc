#include "env/output_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "tests/unit/env/temporary_directory.h"

namespace {

std::string resolved(const std::string& name_template, const std::string& start_directory) {
  char buffer[output_name::kPathSize];
  return std::string(output_directory::resolve(name_template, start_directory, buffer));
}

int opened(const std::string& path, size_t to_make = 0) {
  const int fd = output_directory::open(path, to_make, 0640);
  if (fd >= 0) close(fd);
  return fd >= 0 ? 0 : fd;
}

}  // namespace

TEST_CASE("a directory is opened without following a link at any step") {
  const TemporaryDirectory directory;
  REQUIRE(mkdir((directory / "real").c_str(), 0700) == 0);
  REQUIRE(mkdir((directory / "real/inner").c_str(), 0700) == 0);
  REQUIRE(symlink("real", (directory / "link").c_str()) == 0);
  directory.put("file", "");
  CHECK(opened(directory / "real/inner/a.pb.gz") == 0);
  CHECK(opened(directory / "real/../real//./a.pb.gz") == 0);
  CHECK(opened(directory / "link/a.pb.gz") == -ELOOP);
  CHECK(opened(directory / "link/inner/a.pb.gz") == -ELOOP);
  CHECK(opened(directory / "file/a.pb.gz") == -ENOTDIR);
  CHECK(opened(directory / "missing/a.pb.gz") == -ENOENT);
  CHECK(opened("relative/a.pb.gz") == -ENOENT);
  CHECK(opened("/" + std::string(300, 'x') + "/a") == -ENAMETOOLONG);
  CHECK(opened("/a.pb.gz") == 0);
}

TEST_CASE("missing directories are made only as far as the path says so, never through a link") {
  const TemporaryDirectory directory, elsewhere;
  const std::string path = directory / "a/b/";
  CHECK(opened(path + "x.pb.gz", path.size()) == 0);
  struct stat st = {};
  REQUIRE(stat(path.c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0750);
  REQUIRE(symlink(elsewhere.path().c_str(), (directory / "link").c_str()) == 0);
  const std::string through = directory / "link/b/";
  CHECK(opened(through + "x.pb.gz", through.size()) == -ELOOP);
  CHECK(elsewhere.names().empty());
}

TEST_CASE("a user's own link to an output directory is resolved at the start") {
  const TemporaryDirectory directory;
  REQUIRE(mkdir((directory / "50%").c_str(), 0700) == 0);
  REQUIRE(symlink("50%", (directory / "link").c_str()) == 0);
  const std::string real = directory / "50%%";
  CHECK(resolved(directory / "link/%e.pb.gz", "/") == real + "/%e.pb.gz");
  CHECK(resolved("link/%e.pb.gz", directory.path()) == real + "/%e.pb.gz");
  CHECK(resolved("link/../link/a%%b.pb.gz", directory.path()) == real + "/a%%b.pb.gz");
  CHECK(resolved(directory / "link/", "/") == real + "/");
  CHECK(resolved(directory / "link", "/") == real);
  CHECK(resolved(directory / "link/later/%m/x", "/") == real + "/later/%m/x");
  CHECK(resolved(directory / "link/later/", "/") == real + "/later/");
  CHECK(resolved("/a.pb.gz", "/") == "/a.pb.gz");
  CHECK(resolved("/", "/") == "/");
}

TEST_CASE("a template without a literal directory stays as it is") {
  for (const char* each : {"%e.%p.%m.pb.gz", "a.pb.gz", "%e/a.pb.gz", ""}) {
    CHECK(resolved(each, "/tmp") == each);
  }
  CHECK(resolved("out/a.pb.gz", "") == "out/a.pb.gz");
  const std::string longest(4000, 'x');
  CHECK(resolved("/tmp/" + longest + "/" + longest, "/") == "/tmp/" + longest + "/" + longest);
}
