#include "encoder/program/agent/roll_call_profile.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "encoder/program/agent/look.h"
#include "encoder/program/profile_editor.h"

namespace program {
namespace {

constexpr uint64_t kSecond = 1000000000;
// An idle server wakes a few times a second.
constexpr uint64_t kPatience_ns = kSecond;
constexpr uint64_t kLongest_ns = 10 * kSecond;

std::string tasks_of(int pid) {
  return "/proc/" + std::to_string(pid) + "/task";
}

std::set<int64_t> threads_of(int pid) {
  std::set<int64_t> tids;
  std::error_code error;
  for (std::filesystem::directory_iterator at(tasks_of(pid), error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename();
    int64_t tid = 0;
    std::from_chars(name.data(), name.data() + name.size(), tid);
    if (tid > 0) tids.insert(tid);
  }
  return tids;
}

struct KernelsWord {
  std::string name;
  bool is_running = false;
};

// "TID (NAME) STATE ...", where the name may hold anything.
KernelsWord kernels_word(int pid, int64_t tid) {
  std::ifstream file(tasks_of(pid) + "/" + std::to_string(tid) + "/stat");
  std::string line;
  std::getline(file, line, '\0');
  const size_t from = line.find('('), to = line.rfind(')');
  if (from == std::string::npos || to == std::string::npos || to < from) return {};
  return {line.substr(from + 1, to - from - 1), line.compare(to, 3, ") R") == 0};
}

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
  tables.forget_rows(mode);
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
  }
  // Who comes by later has nothing to tell.
  control.calls_answered.store(control.calls_wanted.load());
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
    const KernelsWord word = kernels_word(pid_, tid);
    if (word.name.empty()) continue;  // it has ended
    if (location == 0) location = unknown_location(&profile, editor);
    pprof::Sample* sample = samples->Add();
    sample->add_value(1);
    sample->add_location_id(location);
    add_label(sample, editor.text("thread"))->set_str(editor.text(word.name));
    add_label(sample, editor.text("state"))
        ->set_str(editor.text(word.is_running ? "running" : "other"));
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

size_t thread_count(int pid) {
  return threads_of(pid).size();
}

}  // namespace program
