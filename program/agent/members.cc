#include "program/agent/members.h"

#include <string>

#include "program/system/process_stat.h"

namespace program {
namespace {

constexpr int kMostAncestors = 64;
constexpr uint64_t kTick_ns = 10'000'000;
constexpr uint64_t kRemembered_ns = 60'000'000'000;

std::optional<ProcessStat> process_of(int pid) {
  return stat_of("/proc/" + std::to_string(pid));
}

}  // namespace

uint64_t birth_of(int pid) {
  const std::optional<ProcessStat> stat = process_of(pid);
  return stat ? stat->birth_ns : 0;
}

void Members::add(int pid, uint64_t birth_ns) {
  members_[pid] = {birth_ns, 0};
}

void Members::ended(int pid, uint64_t now_ns) {
  const auto member = members_.find(pid);
  if (member != members_.end() && member->second.ended_ns == 0) member->second.ended_ns = now_ns;
  std::erase_if(members_, [&](const auto& entry) {
    const uint64_t ended_ns = entry.second.ended_ns;
    return ended_ns != 0 && now_ns - ended_ns > kRemembered_ns;
  });
}

bool Members::include(int pid) const {
  for (int steps = 0; pid > 0 && steps < kMostAncestors; steps++) {
    const std::optional<ProcessStat> stat = process_of(pid);
    if (!stat) return false;
    const auto member = members_.find(pid);
    if (member != members_.end() && member->second.birth_ns == stat->birth_ns) return true;
    pid = stat->parent;
  }
  return false;
}

bool Members::include_parent(int parent, uint64_t birth_ns) const {
  const auto found = members_.find(parent);
  if (found == members_.end()) return false;
  const Member& member = found->second;
  if (birth_ns + kTick_ns < member.birth_ns) return false;
  if (member.ended_ns != 0) return birth_ns <= member.ended_ns;
  // Its end may not have been seen yet; then another process may have the number by now.
  const uint64_t birth_now_ns = birth_of(parent);
  return birth_now_ns == 0 || birth_now_ns == member.birth_ns || birth_ns < birth_now_ns;
}

}  // namespace program
