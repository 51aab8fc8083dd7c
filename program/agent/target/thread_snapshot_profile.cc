#include "program/agent/target/thread_snapshot_profile.h"

#include <algorithm>

#include "program/agent/target/asked_call.h"
#include "program/agent/target/raw_threads.h"
#include "program/agent/target/tables_reading.h"
#include "program/agent/target/tasks.h"
#include "program/profiles/profile_bytes.h"
#include "program/profiles/profile_editor.h"

namespace program {

ThreadSnapshot::ThreadSnapshot(const TargetTables& tables, unsigned mode)
    : alone_(tables.desk()), pid_(tables.pid()) {
  if (!tables.is_running()) return;
  RowValues before;
  const uint32_t wanted = tables.call_threads(mode, &before);
  if (wanted == 0) return;
  was_called_ = true;
  const bool is_whole = is_answered(tables, wanted);
  if (is_whole || !tables.is_left()) return;
  // It was killed amid the call: what is known whole is of the one before.
  tables.take_rows(mode);
  tables.put_back(before);
  was_called_ = false;
}

void ThreadSnapshot::complete(std::string* bytes) const {
  Profile profile;
  if (!was_called_ || !parse_profile(*bytes, &profile)) return;
  std::set<int64_t> missing = threads_of(pid_);
  if (missing.empty()) return;
  ProfileEditor editor(&profile);
  const int64_t tid_key = editor.text("tid");
  auto* samples = profile.mutable_sample();
  // A slice that came late may have reported one twice.
  std::set<int64_t> listed;
  const auto is_again = [&](const pprof::Sample& sample) {
    for (const auto& label : sample.label()) {
      if (label.key() == tid_key) return !listed.insert(label.num()).second;
    }
    return false;
  };
  samples->erase(std::remove_if(samples->begin(), samples->end(), is_again), samples->end());
  for (auto& sample : *samples) {
    if (sample.value_size() == 1) sample.set_value(0, 1);
  }
  for (const int64_t tid : listed) missing.erase(tid);
  const size_t untold = missing.size();
  add_raw_threads(&profile, editor, pid_, missing, {1}, true);
  if (untold != 0) {
    profile.add_comment(editor.text("threads: " + std::to_string(untold) + " of " +
                                    std::to_string(untold + listed.size()) +
                                    " without a stack: no thread came by that could look"));
  }
  *bytes = pack_profile(profile);
}

}  // namespace program
