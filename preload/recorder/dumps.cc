#include "preload/recorder/dumps.h"

#include "collectors/snapshot/snapshot_on_demand.h"
#include "env/sys/descriptor_room.h"
#include "env/sys/own_process.h"
#include "env/sys/text.h"
#include "preload/processes/symbolizer.h"
#include "preload/recorder/agent_link.h"
#include "preload/recorder/memory_facts.h"
#include "preload/recorder/removed_files.h"
#include "tables/spool.h"
#include "tables/tables.h"
#include "tables/tables_view.h"
#include "tables/written_list.h"

namespace dumps {

namespace {

constinit profile_writer::Written written{};
const char* sandboxed;  // by what; null: it is not

void take_notes(const tables_setup::Modes& modes) {
  static char bytes[tables::kLongestNote];
  text::Builder notes(bytes);
  for (uint32_t i = 0; i < modes.count; i++) {
    if (modes.collector[i]->note != nullptr) modes.collector[i]->note(notes);
  }
  if (sandboxed != nullptr) notes << "ended early: the program " << sandboxed << "\n";
  tables::tell_note(notes.view());
}

// `profiler run` names the files when this process has ended; what is then out of reach is named
// before.
void add_names(const RunFacts& run) {
  if (spool::has_written_list()) {
    for (unsigned i = 0; i < written.count; i++) spool::enter_in_written_list(written.file[i].path);
    if (!removed_files::any()) return;
  }
  symbolizer::run(run, written);
}

}  // namespace

void look_once_more(const tables_setup::Modes& modes, uint32_t mode) {
  const DescriptorRoom room;
  const snapshot_on_demand::Pause pause;
  snapshot_on_demand::keep_rows();
  for (uint32_t i = 0; i < modes.count; i++) {
    const bool is_asked = mode == profile_writer::kEveryMode || mode == i;
    if (is_asked && modes.collector[i]->at_end != nullptr) modes.collector[i]->at_end();
  }
}

bool write_all(const RunFacts& run, const tables_setup::Modes& modes, bool last) {
  const DescriptorRoom room;
  take_notes(modes);
  tables::header().end_monotonic_ns.store(process::monotonic_ns(), std::memory_order_relaxed);
  const bool are_others_work = agent_link::takes_the_end(run);
  written.count = 0;
  written.last = true;
  bool whole = true;
  if (!are_others_work) {
    whole = profile_writer::write(run, memory_facts::collect(last), {}, written);
  }
  if (last && whole) {
    tables::header().state.store(static_cast<uint32_t>(layout::State::kWritten),
                                 std::memory_order_release);
    spool::remove();
  }
  add_names(run);
  if (last) agent_link::lets_it_finish(run);
  return whole;
}

int write_now(const RunFacts& run, const tables_setup::Modes& modes,
              const profile_writer::Wanted& wanted) {
  const DescriptorRoom room;
  take_notes(modes);
  tables::header().end_monotonic_ns.store(process::monotonic_ns(), std::memory_order_relaxed);
  written.last = false;
  profile_writer::write(run, memory_facts::collect(false), wanted, written);
  tables::header().end_monotonic_ns.store(0, std::memory_order_relaxed);
  snapshot_on_demand::give_rows();
  add_names(run);
  return written.error;
}

uint32_t find_mode(std::string_view name) {
  const layout::Header& h = tables::header();
  options::Mode mode;
  const bool is_mode = options::find_mode(name, mode);
  const std::string_view wanted = is_mode ? options::name(mode) : name;
  for (uint32_t i = 0; i < tables::mode_count(); i++) {
    const layout::Ref title = h.modes[i].title.load(std::memory_order_acquire);
    if (title == 0 && !is_mode) continue;
    const std::string_view each =
        title != 0 ? tables::text_at(title) : encoder::name_of(h.modes[i].name);
    if (each == wanted && h.modes[i].on_demand == 0) return i;
  }
  return profile_writer::kEveryMode;
}

void forget() {
  written.count = written.dump_number = 0;
}

void take_back() {
  profile_writer::take_back(written);
}

void say_sandboxed(const char* what) {
  sandboxed = what;
}

}  // namespace dumps
