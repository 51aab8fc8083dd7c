#include "program/agent/target/target_rights.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "program/system/process_stat.h"

namespace program {
namespace {

// By the bare calls: libc's would change all threads.
bool set_groups(const std::vector<gid_t>& groups) {
  return syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}
bool set_group(gid_t group) {
  return syscall(SYS_setresgid, ~gid_t{0}, group, ~gid_t{0}) == 0;
}
bool set_user(uid_t user) {
  return syscall(SYS_setresuid, ~uid_t{0}, user, ~uid_t{0}) == 0;
}

// What this program has, as it was started.
struct Own {
  uid_t user = geteuid();
  gid_t group = getegid();
  std::vector<gid_t> groups;

  Own() {
    const int count = getgroups(0, nullptr);
    if (count > 0) groups.resize(static_cast<size_t>(count));
    if (count > 0) groups.resize(static_cast<size_t>(getgroups(count, groups.data())));
  }
};

// Asked for before any thread changes its own.
const Own& own() {
  static const Own kOwn;
  return kOwn;
}

// Opened through the descriptor, so of the very process that it stands for.
std::string path_of(int process) {
  return "/proc/self/fd/" + std::to_string(process);
}

}  // namespace

TargetRights::TargetRights(const Origin& origin) {
  own();
  const std::string directory = "/proc/" + std::to_string(origin.pid());
  process_ = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (process_ < 0) return;
  const std::optional<ProcessStat> stat = stat_of(path_of(process_));
  if (!stat || stat->birth_ticks != origin.head().birth_ticks) {
    close(process_);  // another process has the number
    process_ = -1;
  }
  look();
}

TargetRights::~TargetRights() {
  if (process_ >= 0) close(process_);
}

TargetRights::Ids TargetRights::ids_in(int process) {
  Ids ids;
  bool has_user = false, has_group = false;
  std::ifstream file(path_of(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    gid_t real = 0, group = 0;
    words >> key;
    if (key == "Uid:") has_user = static_cast<bool>(words >> real >> ids.user);
    if (key == "Gid:") has_group = static_cast<bool>(words >> real >> ids.group);
    while (key == "Groups:" && words >> group) ids.groups.push_back(group);
  }
  ids.are_known = has_user && has_group;
  return ids;
}

void TargetRights::look() {
  if (process_ < 0) return;
  Ids now = ids_in(process_);
  if (now.are_known) ids_ = std::move(now);
}

bool TargetRights::are_fewer() const {
  return own().user == 0 && (!ids_.are_known || ids_.user != 0);
}

TargetRights::Taken::Taken(const TargetRights& rights) {
  are_taken_ = !rights.are_fewer();
  const Ids& ids = rights.ids_;
  if (are_taken_ || !ids.are_known) return;
  is_changed_ = true;
  // Where groups may not be set (a user namespace) those that are there must be the same.
  sets_groups_ = ids.groups != own().groups;
  // The user last: it may not change the others.
  are_taken_ =
      (!sets_groups_ || set_groups(ids.groups)) && set_group(ids.group) && set_user(ids.user);
}

TargetRights::Taken::~Taken() {
  if (!is_changed_) return;
  const bool is_back = set_user(own().user) && set_group(own().group) &&
                       (!sets_groups_ || !are_taken_ || set_groups(own().groups));
  // A thread with the rights of one host must not serve another.
  if (!is_back) abort();
}

}  // namespace program
