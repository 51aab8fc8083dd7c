// What a host does to its processor: floating-point control, flags, the counter, the thread
// pointer.
#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "What a host does to its processor";
constexpr const char* kEvery = "cpu,heap,allocs,block,mutex,wall,threads,threadcreate,fd,custom";

// A whole file for each mode that has samples, and what it prints is what it prints bare.
void changed(Judge& judge, const std::vector<std::string>& what,
             const std::string& modes = kEvery) {
  std::vector<std::string> words = {target("processor_state")};
  words.insert(words.end(), what.begin(), what.end());
  judge.same({words}, modes,
             {{"PROFILER_CPU_HZ", "1000"},
              {"PROFILER_HEAP_RATE", "4096"},
              {"PROFILER_BLOCK_RATE", "1ns"}});
  judge.want_whole();
}

}  // namespace

void add_rows_of_processors(std::vector<Row>& rows) {
  const auto add = [&](const char* way, const char* protection, std::function<void(Judge&)> judge) {
    rows.push_back({kGroup, way, protection, std::move(judge)});
  };
  const char* arithmetic = "a clean state in every way into our code";
  add("floating-point exceptions trap, all of them", arithmetic, [](Judge& judge) {
    changed(judge, {"mxcsr", "0"});
  });
  add("floating-point flags that the host looks at", arithmetic, [](Judge& judge) {
    changed(judge, {"mxcsr", "1f80"});
  });
  add("unaligned access traps (EFLAGS.AC)", "unaligned access is allowed meanwhile",
      [](Judge& judge) { changed(judge, {"alignment"}); });
  const char* counter = "the clock is asked by system calls where the counter is forbidden";
  add("rdtsc is forbidden (PR_SET_TSC)", counter,
      [](Judge& judge) { changed(judge, {"counter"}); });
  add("rdtsc is forbidden by the system call", counter,
      [](Judge& judge) { changed(judge, {"counter_by_call"}); });
  add("another thread pointer, for a while (FS base)",
      "no thread-local memory is touched under another thread pointer",
      [](Judge& judge) { changed(judge, {"thread_pointer"}); });
  add("system call user dispatch", "the recording ends before the host dispatches calls",
      [](Judge& judge) { changed(judge, {"dispatch"}); });
}

}  // namespace e2e
