// How a tree finds tables by their names: in directories to which other users write too.
#include "program/agent/tree.h"
#include "program/system/clock.h"

namespace program {

bool Tree::is_member(const TargetTables& tables) const {
  if (members_.include(tables.pid())) return true;
  const uint64_t slept_ns = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
  const uint64_t birth_ns = birth_of(tables.pid());
  return members_.include_parent(
      tables.header().parent_pid,
      birth_ns != 0 ? birth_ns : tables.header().start_monotonic_ns + slept_ns);
}

void Tree::look_at(const TablesName& name) {
  if (known_.contains(name.path) || refused_.contains(name.path)) return;
  // Before it is opened or waited for: others may put there what they like.
  if (!is_own_regular_file(name.path)) {
    late_.forget(name.path);
    refused_.insert(name.path);
    return;
  }
  auto tables = std::make_unique<TargetTables>();
  std::string problem;
  if (!tables->open(name.path, &problem)) {
    if (!late_.wait_for(name, monotonic_ns())) refused_.insert(name.path);
    return;
  }
  late_.forget(name.path);
  const bool is_of_first = tables->pid() == root_pid_, is_of_tree = is_member(*tables);
  const bool is_ours = is_of_tree && add(std::move(tables), true);
  // Two images of the first process started their agents before either could be asked.
  if (is_of_first && is_of_tree && !is_ours) is_superseded_ = true;
  (is_ours ? known_ : refused_).insert(name.path);
}

void Tree::forget_all_but(const std::vector<TablesName>& names) {
  std::set<std::string> there;
  for (const TablesName& name : names) there.insert(name.path);
  const auto is_gone = [&](const std::string& path) { return !there.contains(path); };
  std::erase_if(refused_, is_gone);
  std::erase_if(known_, is_gone);
  late_.keep_only(there);
}

void Tree::look_around() {
  const uint64_t now_ns = monotonic_ns();
  for (const TablesName& name : directories_.take_new()) look_at(name);
  for (const TablesName& name : late_.due(now_ns)) look_at(name);
  if (!directories_.is_scan_due(now_ns)) return;
  const std::vector<TablesName> names = directories_.scan();
  for (const TablesName& name : names) {
    if (!late_.is_waited_for(name.path)) look_at(name);
  }
  forget_all_but(names);
}

}  // namespace program
