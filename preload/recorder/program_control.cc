#include "preload/recorder/program_control.h"

#include <sys/syscall.h>

#include <cerrno>

#include "env/modes.h"
#include "env/sys/arch.h"
#include "env/sys/own_process.h"
#include "preload/recorder/agent_link.h"
#include "tables/recording.h"
#include "tables/tables.h"
#include "tables/tables_view.h"

namespace program_control {

namespace {

using layout::Header;
using layout::ModeEntry;

// Of the tables' modes, as bits; false if the list has one that the program was not started with.
bool read(std::string_view list, uint64_t& wanted) {
  const Header& h = tables::header();
  char bytes[256];
  text::Builder problem(bytes);
  const options::Modes modes = options::read_modes(list, problem);
  unsigned found = 0;
  for (uint32_t i = 0; i < tables::mode_count(); i++) {
    options::Mode mode;
    if (h.modes[i].on_demand != 0 || !options::find_mode(encoder::name_of(h.modes[i].name), mode))
      continue;
    if (!list.empty() && !modes.has(mode)) continue;
    wanted |= uint64_t{1} << i;
    found++;
  }
  return problem.empty() && (list.empty() || (found == modes.count() && found > 0));
}

// Those of `which` are held or not; tells whether any mode is wanted then.
bool hold(uint64_t which, bool held) {
  Header& h = tables::header();
  bool any = false;
  for (uint32_t i = 0; i < tables::mode_count(); i++) {
    ModeEntry& mode = h.modes[i];
    if ((which >> i & 1) != 0) mode.held.store(held ? 1 : 0);
    any |= recording::is_wanted(mode);
  }
  return any;
}

int change(bool on) {
  layout::Control& control = tables::header().control;
  if (recording::is_on(control) == on) {
    recording::arm(tables::header());
    return 0;
  }
  if (control.agent.load(std::memory_order_acquire) == layout::kNoAgent) {
    set_recording(on);
    return 0;
  }
  control.state_wanted.store(recording::state(on));
  agent_link::ask_to_look();
  for (int tries = 0; tries < 200 && recording::is_on(control) != on; tries++) {
    const timespec pause{0, 5000000};
    arch::syscall(SYS_nanosleep, &pause, 0L);
  }
  if (recording::is_on(control) == on) return 0;
  recording::take_back(control, on);
  return ETIMEDOUT;
}

}  // namespace

void set_recording(bool on) {
  recording::set(tables::header().control, on, process::monotonic_ns());
  recording::arm(tables::header());
}

int start(std::string_view modes) {
  if (!tables::is_open()) return ESRCH;
  uint64_t wanted = 0;
  if (!read(modes, wanted)) return EINVAL;
  // What was stopped as a whole starts with these alone.
  if (!recording::is_on(tables::header().control)) hold(~wanted, true);
  hold(wanted, false);
  return change(true);
}

int stop(std::string_view modes) {
  if (!tables::is_open()) return ESRCH;
  uint64_t wanted = 0;
  if (!read(modes, wanted)) return EINVAL;
  const bool any = hold(wanted, true);
  return change(any && recording::is_on(tables::header().control));
}

}  // namespace program_control
