// What decides where and as whom files are written for a process: read from the origin that it
// wrote at its start (tables/origin.h), never from its tables.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>

#include "env/output_name.h"
#include "tables/origin.h"

namespace program {

// The path of the origin that stands beside tables of that path.
std::string origin_path(const std::string& tables_path);

class Origin {
 public:
  Origin() : facts_(std::make_unique<origin::Facts>()) {}
  // The texts lie in a member.
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  // Of the tables whose file `tables` describes. False, and why without the tables' path, if there
  // is none that this user may believe.
  bool read(int fd, const struct stat& tables, std::string* problem);
  bool read_beside(const std::string& tables_path, const struct stat& tables, std::string* problem);

  const origin::Head& head() const { return facts_->head; }
  int pid() const { return head().pid; }
  bool is_first_process() const { return (head().flags & origin::kFirstProcess) != 0; }
  bool wants_names() const { return (head().flags & origin::kNoNames) == 0; }
  unsigned file_mode() const { return head().file_mode; }
  std::string program() const { return std::string(facts_->program_name); }

  // Files go into this directory (absolute) under the template's own name.
  void redirect(const std::string& directory);

  // As the host would name it. The mode's name and the number may come from its tables: they cannot
  // leave their place in the name. `numbered`: the number is in it, also if it is the first.
  struct File {
    std::string mode;
    bool several_modes = false;
    uint64_t number = 1;
    bool numbered = false;
  };
  output_name::Name name(const File& file, char (&bytes)[output_name::kPathSize]) const;

 private:
  std::string bytes_;
  std::string redirected_;  // a template; empty: the origin's
  std::unique_ptr<origin::Facts> facts_;
};

}  // namespace program
