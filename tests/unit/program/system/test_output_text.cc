// Where a text that a subcommand makes is written, and what terminals are shown of it.
#include <catch2/catch.hpp>
#include <filesystem>

#include "program/system/console.h"
#include "program/system/output_text.h"
#include "program/system/whole_file.h"
#include "tests/unit/program/workshop.h"

namespace {

std::string fault_at(const std::string& path) {
  std::string error;
  return program::write_whole_file(path, "text", 0600, nullptr, &error) ? "" : error;
}

}  // namespace

// /dev/stdout is such a link, and root can replace it.
TEST_CASE("a link is neither followed nor replaced") {
  const Workshop workshop;
  const std::string file = workshop.write("file", "before"), link = workshop.path("link");
  std::filesystem::create_symlink(file, link);
  CHECK(fault_at(link) == "it is a link; name the file that it leads to");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(workshop.read("file") == "before");
  std::filesystem::remove(file);
  CHECK(fault_at(link) == "it is a link; name the file that it leads to");
  CHECK(fault_at("/dev/null") == "it is not a regular file");
  CHECK(fault_at(workshop.path("new")).empty());
}

TEST_CASE("an input is not replaced under another name of it either") {
  const Workshop workshop;
  program::set_level(program::Level::kQuiet);
  const std::string file = workshop.write("file", "before"), other = workshop.path("other");
  std::filesystem::create_hard_link(file, other);
  CHECK_FALSE(program::write_output(other, "text", {file}));
  CHECK(workshop.read("file") == "before");
  CHECK(program::write_output(workshop.path("out"), "text", {file}));
  program::set_level(program::Level::kError);
}

TEST_CASE("control characters of both kinds are shown as question marks, other letters stay") {
  CHECK(program::printable("a\x1b[2Jb\x7f") == "a?[2Jb?");
  CHECK(program::printable("\xc2\x9b"
                           "31m") == "??31m");
  CHECK(program::printable("a\xe2\x80\xae" "b\xe2\x81\xa6") == "a???b???");
  CHECK(program::printable("\xc3\xa9\xc2\xa0\xe2\x82\xac") == "\xc3\xa9\xc2\xa0\xe2\x82\xac");
}
