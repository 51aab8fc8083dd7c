#include "encoder/program/agent/roll_call_profile.h"

#include <unistd.h>

#include <algorithm>

#include "encoder/program/agent/look.h"
#include "encoder/program/agent/tasks.h"
#include "encoder/program/profile_editor.h"

namespace program {
namespace {

constexpr uint64_t kSecond = 1000000000;
// An idle server wakes a few times a second.
constexpr uint64_t kPatience_ns = kSecond;
constexpr uint64_t kLongest_ns = 30 * kSecond;  // ten thousand threads take nine

uint64_t unknown_location(Profile* profile, ProfileEditor& editor) {
  uint64_t free_id = 1;
  for (const auto& location : profile->location()) {
    free_id = std::max(free_id, location.id() + 1);
  }
  pprof::Location* location = profile->add_location();
  location->set_id(free_id);
  editor.set_lines(location, {{"[unknown]", "[unknown]", "", 0, 0}});
  return free_id;
}

pprof::Label* add_label(pprof::Sample* sample, int64_t key) {
  pprof::Label* label = sample->add_label();
  label->set_key(key);
  return label;
}

}  // namespace

RollCall::RollCall(const HostTables& tables, unsigned mode)
    : alone_(tables.one_call()), pid_(tables.pid()) {
  if (!tables.is_running()) return;
  was_called_ = true;
  const RowValues before = tables.take_rows(mode);
  layout::Control& control = tables.control();
  const uint32_t wanted = control.calls_wanted.fetch_add(1) + 1;
  const uint64_t begun_ns = monotonic_ns();
  uint64_t moved_ns = begun_ns;
  uint32_t heard = control.calls_heard.load();
  // Acquire: pairs with the release of the answer, the rows were written before.
  while (control.calls_answered.load(std::memory_order_acquire) != wanted) {
    usleep(2000);
    const uint64_t now_ns = monotonic_ns();
    const uint32_t now_heard = control.calls_heard.load();
    if (now_heard != heard) moved_ns = now_ns;
    heard = now_heard;
    if (now_ns > moved_ns + kPatience_ns || now_ns > begun_ns + kLongest_ns) break;
    if (!tables.is_running()) break;
  }
  const bool is_whole = control.calls_answered.load() == wanted;
  // Who comes by later has nothing to tell.
  control.calls_answered.store(control.calls_wanted.load());
  if (is_whole || !tables.is_left()) return;
  // It was killed amid the call: what is known whole is of the one before.
  tables.take_rows(mode);
  tables.put_back(before);
  was_called_ = false;
}

void RollCall::complete(std::string* bytes) const {
  Profile profile;
  if (!was_called_ || !parse_profile(*bytes, &profile)) return;
  std::set<int64_t> missing = threads_of(pid_);
  if (missing.empty()) return;
  ProfileEditor editor(&profile);
  const int64_t tid_key = editor.text("tid");
  auto* samples = profile.mutable_sample();
  // A slice that came late may have told of one twice.
  std::set<int64_t> told;
  const auto is_again = [&](const pprof::Sample& sample) {
    for (const auto& label : sample.label()) {
      if (label.key() == tid_key) return !told.insert(label.num()).second;
    }
    return false;
  };
  samples->erase(std::remove_if(samples->begin(), samples->end(), is_again), samples->end());
  for (const int64_t tid : told) missing.erase(tid);
  const size_t untold = missing.size();
  uint64_t location = 0;
  for (const int64_t tid : missing) {
    const std::optional<Task> task = task_of(pid_, tid);
    if (!task) continue;
    if (location == 0) location = unknown_location(&profile, editor);
    pprof::Sample* sample = samples->Add();
    sample->add_value(1);
    sample->add_location_id(location);
    add_label(sample, editor.text("thread"))->set_str(editor.text(task->name));
    add_label(sample, editor.text("state"))
        ->set_str(editor.text(task->state == 'R' ? "running" : "other"));
    pprof::Label* number = add_label(sample, tid_key);
    number->set_num(tid);
    number->set_num_unit(editor.text("count"));
  }
  if (untold != 0) {
    profile.add_comment(editor.text("threads: " + std::to_string(untold) + " of " +
                                    std::to_string(untold + told.size()) +
                                    " without a stack: no thread came by that could look"));
  }
  *bytes = pack_profile(profile);
}

}  // namespace program
