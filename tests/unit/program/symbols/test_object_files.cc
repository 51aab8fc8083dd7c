#include "program/symbols/object_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/program/workshop.h"

using program::FileKind;
using program::ObjectFiles;
using program::OpenedFile;

namespace {

void build(const Workshop& workshop) {
  workshop.write("a.c", "int main(void) { return 0; }\n");
  workshop.shell("cc -g -O1 a.c -o a && mkdir .debug debug other");
}

std::string opened(ObjectFiles* files, const program::FileRequest& request) {
  const OpenedFile file = files->open(request);
  if (file.fd < 0) return file.problem;
  close(file.fd);
  return "opened";
}

}  // namespace

TEST_CASE("what is no regular file is refused without waiting and without touching it") {
  const Workshop workshop;
  build(workshop);
  workshop.shell("mkfifo fifo && ln -s /dev/zero device && ln -s a link && echo text > text");
  ObjectFiles files;
  CHECK(opened(&files, {FileKind::kObject, workshop.path("link"), ""}) == "opened");
  for (const char* name : {"fifo", "device", "debug"}) {
    CHECK(opened(&files, {FileKind::kObject, workshop.path(name), ""}) == "not a regular file");
  }
  CHECK(opened(&files, {FileKind::kObject, workshop.path("text"), ""}) ==
        "not a program or shared object that elfutils can read");
  CHECK(opened(&files, {FileKind::kObject, workshop.path("none"), ""}) ==
        "No such file or directory");
}

TEST_CASE("a core file is refused: it holds what its process had in memory") {
  const Workshop workshop;
  build(workshop);
  workshop.shell(
      "cc -c a.c -o a.o && cp a core && printf '\\4' | dd of=core bs=1 seek=16 conv=notrunc");
  ObjectFiles files;
  CHECK(opened(&files, {FileKind::kObject, workshop.path("a.o"), ""}) == "opened");
  CHECK(opened(&files, {FileKind::kObject, workshop.path("core"), ""}) ==
        "not a program or shared object that elfutils can read");
  if (access("/proc/kcore", R_OK) != 0) return;
  CHECK(opened(&files, {FileKind::kObject, "/proc/kcore", ""}) ==
        "not a program or shared object that elfutils can read");
}

TEST_CASE("a debug link that is a FIFO, or leads elsewhere, is no debug file") {
  const Workshop workshop;
  build(workshop);
  workshop.shell("mkfifo fifo && cp a other/b");
  ObjectFiles files({.debug_directories = {workshop.path("debug")}});
  const std::string object = workshop.path("a");
  CHECK(opened(&files, {FileKind::kByLink, object, "b"}) == "not found");  // not an object yet
  CHECK(opened(&files, {FileKind::kObject, object, ""}) == "opened");
  CHECK(opened(&files, {FileKind::kByLink, object, "fifo"}) == "not a regular file");
  CHECK(opened(&files, {FileKind::kByLink, object, "other/b"}) == "not found");
  CHECK(opened(&files, {FileKind::kByLink, object, ".."}) == "not found");
  CHECK(opened(&files, {FileKind::kByLink, object, "a"}) == "it is the object itself");
  CHECK(opened(&files, {FileKind::kByBuildId, object, "../../etc/passwd"}) == "not found");
  CHECK(opened(&files, {FileKind::kSplit, object, workshop.path("other/b")}) == "not found");
}

TEST_CASE("an object leads to files of its owner and to what everybody may read") {
  if (geteuid() != 0) return;
  const Workshop workshop;
  build(workshop);
  workshop.shell(
      "cp a .debug/secret && chmod 600 .debug/secret && cp a .debug/public && "
      "cp a other.dwo && chmod 600 other.dwo && chown 12345 a other.dwo");
  ObjectFiles files({.debug_directories = {workshop.path("debug")}});
  const std::string object = workshop.path("a");
  CHECK(opened(&files, {FileKind::kObject, object, ""}) == "opened");
  CHECK(opened(&files, {FileKind::kByLink, object, "secret", 1}) == "it belongs to another user");
  CHECK(opened(&files, {FileKind::kByLink, object, "public", 1}) == "opened");
  CHECK(opened(&files, {FileKind::kSplit, object, "other.dwo"}) == "opened");
}
