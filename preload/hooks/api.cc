// What programs find of the library (include/profiler.h).
#include "include/profiler.h"

#include <string_view>

#include "collectors/custom.h"
#include "collectors/threads/labels.h"
#include "collectors/trace.h"
#include "collectors/trace/trace_ring.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/text.h"
#include "env/sys/thread_state.h"
#include "preload/recorder/program_control.h"
#include "preload/recorder/recorder.h"

namespace {

std::string_view view_of(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// Context: any of a program's threads. What we wait in is no wait of the program's.
int start(const char* modes) {
  const Guard guard;
  return program_control::start(view_of(modes));
}

int stop(const char* modes) {
  const Guard guard;
  return program_control::stop(view_of(modes));
}

int dump(const char* mode, const char* path) {
  return recorder::dump(view_of(mode), path);
}

void* custom_profile(const char* name) {
  const Guard guard;
  return custom::profile(name);
}

// The program's frame is the one above: its call is inlined into that.
NOINLINE int custom_add(void* profile, const void* key, int skip) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  return custom::add(profile, key, skip, caller);
}

int label_set(const char* key, const char* value) {
  return labels::set(view_of(key), view_of(value));
}

int label_clear(const char* key) {
  return labels::clear(view_of(key));
}

int region_begin(const char* name) {
  trace::mark(layout::TraceKind::kRegionBegin, 0, view_of(name));
  return 0;
}

int region_end() {
  trace::mark(layout::TraceKind::kRegionEnd, 0, {});
  return 0;
}

unsigned long task_begin(const char* name) {
  const uint64_t id = trace::new_task();
  if (id != 0) trace::mark(layout::TraceKind::kTaskBegin, id, view_of(name));
  return id;
}

int task_end(unsigned long id) {
  if (id != 0) trace::mark(layout::TraceKind::kTaskEnd, id, {});
  return 0;
}

int log(const char* category, const char* message) {
  if (!trace_ring::is_on()) return 0;
  char bytes[layout::kTraceTextSlots * layout::kTraceTextBytes];
  text::Builder both(bytes);
  both << text::part(view_of(category), 0, 64) << std::string_view("\0", 1) << view_of(message);
  trace::mark(layout::TraceKind::kLog, 0, both.view());
  return 0;
}

}  // namespace

extern "C" EXPORT const profiler_functions libprofiler_functions;
const profiler_functions libprofiler_functions = {
    .size = sizeof(profiler_functions),
    .start = start,
    .stop = stop,
    .dump = dump,
    .custom = custom_profile,
    .custom_add = custom_add,
    .custom_remove = custom::remove,
    .label_set = label_set,
    .label_clear = label_clear,
    .region_begin = region_begin,
    .region_end = region_end,
    .task_begin = task_begin,
    .task_end = task_end,
    .log = log,
};
