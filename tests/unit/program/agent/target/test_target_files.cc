#include "program/agent/target/target_files.h"

#include <catch2/catch.hpp>

#include "program/system/clock.h"
#include "tests/unit/program/recovery/left_tables.h"

using program::TargetFiles;
using program::TargetTables;

namespace {

// Writes the files of tables whose mode has a title, beside files of an earlier run; its paths.
std::vector<std::string> written_beside(const Workshop& workshop, const std::string& title) {
  const int pid = dead_pid();
  FakeTables t = tables_of(workshop, pid);
  if (!title.empty()) t.header().modes[0].title.store(t.text(title));
  workshop.write("app.conf", "a file of the user's");
  workshop.write("app.cpu", "an earlier run's");
  Owner owner{pid, "app.%m"};
  owner.start_realtime_ns = program::realtime_ns() + 1'000'000'000;
  const std::string path = leave(workshop, bytes_of(t), owner);
  TargetTables tables;
  std::string problem;
  REQUIRE(tables.open(path, &problem));
  TargetFiles files(tables, nullptr, nullptr, {});
  REQUIRE(files.write(true, "", &problem));
  std::vector<std::string> paths;
  for (const program::WrittenFile& file : files.written()) paths.push_back(file.path);
  return paths;
}

}  // namespace

TEST_CASE("a file of an earlier run is replaced") {
  const Workshop workshop;
  CHECK(written_beside(workshop, "") == std::vector<std::string>{workshop.path("app.cpu")});
}

TEST_CASE("a title in the tables, which a worker may have put there, chooses no file to replace") {
  const Workshop workshop;
  CHECK(written_beside(workshop, "conf") == std::vector<std::string>{workshop.path("app.conf-2")});
}
