#include "program/agent/target/raw_threads.h"

#include <algorithm>
#include <optional>

#include "program/agent/target/tasks.h"

namespace program {
namespace {

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

void add_raw_threads(Profile* profile, ProfileEditor& editor, int pid,
                     const std::set<int64_t>& tids, const std::vector<int64_t>& values,
                     bool with_number) {
  uint64_t location = 0;
  for (const int64_t tid : tids) {
    const std::optional<Task> task = task_of(pid, tid);
    if (!task) continue;
    if (location == 0) location = unknown_location(profile, editor);
    pprof::Sample* sample = profile->add_sample();
    for (const int64_t value : values) sample->add_value(value);
    sample->add_location_id(location);
    add_label(sample, editor.text("thread"))->set_str(editor.text(task->name));
    add_label(sample, editor.text("state"))
        ->set_str(editor.text(task->state == 'R' ? "running" : "other"));
    if (!with_number) continue;
    pprof::Label* number = add_label(sample, editor.text("tid"));
    number->set_num(tid);
    number->set_num_unit(editor.text("count"));
  }
}

}  // namespace program
