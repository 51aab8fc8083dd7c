// A program that was started by root may give that up. Files are then written only where it may
// still write, since its worker processes have a say in what is recorded.
//
// The process is remembered by its directory in /proc: an open one stands for the same process for
// ever, also when its number comes back.
#pragma once

#include <sys/types.h>

#include <vector>

#include "program/recovery/origin.h"

namespace program {

class TargetRights {
 public:
  // Of the process that wrote the origin. Context: adoption.
  explicit TargetRights(const Origin& origin);
  ~TargetRights();
  TargetRights(const TargetRights&) = delete;
  TargetRights& operator=(const TargetRights&) = delete;

  // Looks at what the process has now; once it has ended it has what it was last seen with.
  void look();
  // True if this program is root's and the process is not, or is not known to be.
  bool are_fewer() const;

  // While this lives the calling thread has the effective user, group and groups of the process.
  class Taken {
   public:
    explicit Taken(const TargetRights& rights);
    ~Taken();
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    // False: they could not be taken, or were never seen. Nothing may be written.
    explicit operator bool() const { return are_taken_; }

   private:
    bool are_taken_ = false, is_changed_ = false, sets_groups_ = false;
  };

 private:
  struct Ids {
    bool are_known = false;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
  };
  static Ids ids_in(int process);

  int process_ = -1;  // its directory in /proc
  Ids ids_;
};

}  // namespace program
