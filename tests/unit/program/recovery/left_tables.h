// Tables that a killed process left in a workshop, with their origin beside them.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "program/recovery/origin.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"
#include "tests/unit/encoder/fake_tables.h"
#include "tests/unit/program/workshop.h"

// Tables of a process that has ended, killed after one sample, for a file in the workshop.
inline FakeTables tables_of(const Workshop& workshop, int pid) {
  FakeTables t(size_t{64} << 10);
  t.cpu();
  t.header().pid = pid;
  t.header().end_monotonic_ns = 0;
  t.header().start_directory = t.text(workshop.path(""));
  t.object("/usr/bin/app", 0x1000, 0x9000, layout::kObjectMain);
  t.sample(t.stack({0x1001, 0x2001}), {3, 30000000});
  return t;
}

inline int dead_pid() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

inline std::string bytes_of(const FakeTables& tables) {
  return {static_cast<const char*>(tables.data()), tables.size_bytes()};
}

inline int recover(std::vector<std::string> arguments) {
  program::set_level(program::Level::kQuiet);
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), "recover");
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return program::recover(static_cast<int>(arguments.size()), argv.data());
}

struct Owner {
  int pid = 0;
  std::string name_template = "%e.%p.%m.pb.gz";
  unsigned file_mode = 0600;
  uint64_t start_realtime_ns = 0;
};

inline std::string name_of(int pid) {
  return "profiler-" + std::to_string(pid) + "-0123456789abcdef.tables";
}

inline void write_origin(const Workshop& workshop, const std::string& tables, const Owner& owner) {
  struct stat status {};
  REQUIRE(lstat(tables.c_str(), &status) == 0);
  const auto facts = std::make_unique<origin::Facts>();
  facts->head.pid = owner.pid;
  facts->head.flags = origin::kFirstProcess | origin::kNoNames;
  facts->head.file_mode = owner.file_mode;
  facts->head.start_realtime_ns = owner.start_realtime_ns;
  facts->head.tables_device = status.st_dev;
  facts->head.tables_inode = status.st_ino;
  facts->program_name = "app";
  const std::string directory = workshop.path("");
  facts->start_directory = directory;
  facts->file_template = owner.name_template;
  const std::string path = program::origin_path(tables);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE(origin::write(fd, *facts));
  close(fd);
}

// The path of the tables; in a directory of the workshop, "" or "directory/".
inline std::string leave(const Workshop& workshop, const std::string& bytes, const Owner& owner,
                         const std::string& directory = "") {
  const std::string path = workshop.write(directory + name_of(owner.pid), bytes);
  write_origin(workshop, path, owner);
  return path;
}
