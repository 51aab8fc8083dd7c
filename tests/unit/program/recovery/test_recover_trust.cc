// What recovery believes of tables that their process could write to the end, and of their origin.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "tests/unit/program/recovery/left_tables.h"

// The tables of a killed process may have been edited by it after it had dropped its privileges:
// what decides on the place of the files is taken from the origin, which it could not write.
TEST_CASE("recovery replaces no file: which process made it is not known") {
  const Workshop workshop;
  const int pid = dead_pid();
  workshop.write("a.pb.gz", "precious");
  FakeTables t = tables_of(workshop, pid);
  t.header().start_realtime_ns = UINT64_MAX / 2;
  CHECK(recover({leave(workshop, bytes_of(t), {pid, "a.pb.gz", 0640})}) == program::kDone);
  CHECK(workshop.read("a.pb.gz") == "precious");
  CHECK(workshop.shell("ls; stat -c %a a-2.pb.gz") == "a-2.pb.gz\na.pb.gz\n640\n");
}

TEST_CASE("recovery follows no link in the path of its files") {
  const Workshop workshop;
  const int pid = dead_pid();
  workshop.shell("mkdir real && ln -s real link");
  const std::string spool =
      leave(workshop, bytes_of(tables_of(workshop, pid)), {pid, "link/a.pb.gz"});
  CHECK(recover({spool}) == program::kCheckFailed);
  CHECK(workshop.shell("ls real") == "");
  workshop.shell("rm link && mkdir link");
  CHECK(recover({spool}) == program::kDone);
  CHECK(workshop.shell("ls link") == "a.pb.gz\n");
}

TEST_CASE("a mode's name or a number in the tables cannot lead out of the directory") {
  const Workshop workshop;
  const int pid = dead_pid();
  workshop.shell("mkdir out");
  FakeTables t = tables_of(workshop, pid);
  strncpy(t.header().modes[0].name, "../../x", sizeof t.header().modes[0].name);
  t.header().control.dumps = UINT32_MAX;
  CHECK(recover({leave(workshop, bytes_of(t), {pid, "out/%m.%n.pb.gz"})}) == program::kDone);
  CHECK(workshop.shell("ls out | wc -l; ls | wc -l") == "1\n1\n");
}

TEST_CASE("tables whose origin is missing, damaged, another's or linked are left with one line") {
  const Workshop workshop;
  const int pid = dead_pid();
  const std::string bytes = bytes_of(tables_of(workshop, pid));
  const std::vector<std::string> wrongs = {
      "rm $O",
      "chmod 644 $O",
      "ln $O other",
      "mv $O other; ln -s other $O",
      "rm $O; mkfifo $O",
      "printf x >> $O",
      "truncate -s 40 $O",
      "cp $T copy; mv copy $T",
      "if [ $(id -u) = 0 ]; then chown 65534 $O; else rm $O; fi"};
  for (const std::string& wrong : wrongs) {
    INFO(wrong);
    workshop.shell("rm -f other");
    const std::string spool = leave(workshop, bytes, {pid, "a.pb.gz"});
    workshop.shell("T=" + spool + "; O=" + program::origin_path(spool) + "; " + wrong);
    CHECK(recover({spool}) == program::kUsageOrUnreadable);
    CHECK(std::filesystem::exists(spool));
    CHECK_FALSE(std::filesystem::exists(workshop.path("a.pb.gz")));
    workshop.shell("rm -f " + program::origin_path(spool));
  }
}
