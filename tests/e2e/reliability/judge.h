// The table docs/reliability.md: each row one way to end, to fork, to execute or to be in a bad
// place, what is held of the host, what of the profile, and what protects it. Each row has been
// seen to fail where its protection is taken out (scripts/reliability).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

namespace e2e {

// What one row has seen. Complaints are collected, so that a row that does not hold says all.
class Judge {
 public:
  // Runs the command bare and under the library and wants the same end, output and errors.
  Outcome same(const Command& command, const std::string& modes = "heap",
               const Environment& more = {});
  // Under the library alone, where the bare end is known.
  Outcome run_ours(const Command& command, const std::string& modes = "heap",
                   const Environment& more = {});
  // `profiler recover`, of what was left in the spool.
  void recover();

  bool want(bool holds, const std::string& complaint);
  // That the function is in exactly so many of the mode's files with so many objects (heap) or at
  // least so much time (cpu).
  void want_objects(const std::string& function, int64_t objects, size_t files = 1);
  void want_cpu(const std::string& function, int64_t least_ns);
  void want_files(size_t count);
  // Every site that the program printed (sites.h), as often as it says.
  void want_sites(const std::string& out);
  // That every file of the directory is whole; the column says so.
  void want_whole();
  // What runs as a user without any other process, and can read the build; false, which is said of
  // the row, where there is none.
  bool has_others(const std::string& row, Command* as_other);
  // The same with a limit of prlimit's; nothing where that cannot be.
  Command alone(const std::vector<std::string>& limit_and_command);
  // Where this machine cannot show it.
  void not_checked(const std::string& what, const std::string& why);

  // Every file is read once, and is whole.
  const std::vector<ProfileFile>& profiles(const std::string& mode);
  // Looks at the directory again.
  void forget() { read_.clear(); }

  TemporaryDirectory output, spool;
  std::string host;     // the column: how the bare program ended
  std::string profile;  // the column: what was found
  std::vector<std::string> complaints;

 private:
  Environment surroundings(const Environment& more) const;
  void found(const std::string& what);
  std::map<std::string, std::vector<ProfileFile>> read_;
};

struct Row {
  const char* group;
  const char* way;
  const char* protection;  // a name of tests/e2e/reliability/protections.py
  std::function<void(Judge&)> judge;
};

void add_rows_of_ends(std::vector<Row>& rows);
void add_rows_of_images(std::vector<Row>& rows);
void add_rows_of_trees(std::vector<Row>& rows);
void add_rows_of_places(std::vector<Row>& rows);
void add_rows_of_loading(std::vector<Row>& rows);
void add_rows_of_preloads(std::vector<Row>& rows);
void add_rows_of_threads(std::vector<Row>& rows);
void add_rows_of_stacks(std::vector<Row>& rows);
void add_rows_of_limits(std::vector<Row>& rows);
void add_rows_of_processors(std::vector<Row>& rows);

}  // namespace e2e
