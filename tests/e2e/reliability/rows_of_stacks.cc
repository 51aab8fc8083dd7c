// Stacks that are hard to walk.
#include <algorithm>
#include <set>

#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "Stacks";

void walked(Judge& judge, const Command& command, const std::string& modes = "cpu") {
  judge.same(command, modes, {{"PROFILER_CPU_HZ", "1000"}});
  judge.want_whole();
}

void on_little(Judge& judge) {
  walked(judge, {{target("small_stacks"), "behind"}});
  judge.want_cpu("on_fiber", 300000000);
  judge.want_cpu("on_signal", 300000000);
}

// The outermost frames are left out, which the file says.
void deep(Judge& judge) {
  Command command{{target("recursion"), "100000"}};
  command.limit_s = 20;
  walked(judge, command, "cpu,heap");
  judge.want_objects("bottom", 1);
  judge.want_cpu("bottom", 200000000);
  for (const ProfileFile& file : judge.profiles("heap")) {
    judge.want(file.has_function("[truncated]"), "nothing says that it is cut");
  }
}

// The second frame's caller would lie below it.
void ring(Judge& judge) {
  walked(judge, {{target("strange_code"), "ring"}});
  int most = 0;
  for (const ProfileFile& file : judge.profiles("cpu")) {
    for (const auto& sample : file.proto().sample()) {
      most = std::max(most, sample.location_id_size());
    }
  }
  judge.want(most < 64, "a stack has " + std::to_string(most) + " frames");
  judge.want_cpu("spin_in_ring", 100000000);
}

void made_code(Judge& judge) {
  judge.same({{target("strange_code"), "jits"}}, "cpu", {{"PROFILER_CPU_HZ", "250"}});
  for (const ProfileFile& file : judge.profiles("cpu")) {
    const auto total = static_cast<double>(file.total("cpu"));
    const auto outer = static_cast<double>(file.containing("cpu", "runtime_outer"));
    judge.want(outer > 0.9 * total, "the functions between are seen at times");
  }
  judge.want_files(1);
}

// Among exceptions, plugins that come and go, forks and fibers.
void stress(Judge& judge) {
  Command command{{target("walk_stress"), "1"}};
  command.limit_s = 40;
  walked(judge, command, "cpu,heap");
  int64_t wrong = 0;
  for (const ProfileFile& file : judge.profiles("cpu")) {
    for (int i = 0; i < file.proto().sample_size(); i++) {
      std::set<std::string> names;
      for (const Frame& frame : file.frames(i)) names.insert(frame.function);
      const bool a = names.count("function_of_a") != 0, b = names.count("function_of_b") != 0;
      const bool other = (a && names.count("call_b") != 0) || (b && names.count("call_a") != 0);
      wrong += (a && b) || other ? file.proto().sample(i).value(0) : 0;
    }
  }
  judge.want(wrong == 0, std::to_string(wrong) + " samples are in the other plugin");
}

}  // namespace

void add_rows_of_stacks(std::vector<Row>& rows) {
  const auto add = [&](const char* way, const char* protection, std::function<void(Judge&)> judge) {
    rows.push_back({kGroup, way, protection, std::move(judge)});
  };
  const auto plain = [&](const char* way, const char* protection, const Command& command,
                         const char* modes = "cpu") {
    add(way, protection, [=](Judge& judge) { walked(judge, command, modes); });
  };
  add("a fiber and an alternate stack with 768 bytes to spare",
      "threads are looked for on a stack of our own", on_little);
  plain("a handler on the alternate stack that allocates", "samples on the host's stack",
        {{target("handler_allocates")}}, "cpu,heap");
  plain("frames without rules, over files, pipes and sockets", "no descriptor is held",
        {{target("without_cfi")}});
  const char* asked = "a frame pointer proves nothing";
  plain("a frame pointer into a zone that may not be read", asked,
        {{target("strange_code"), "thread"}});
  plain("a frame pointer below the limit of the stack", asked, {{target("strange_code"), "limit"}});
  plain("code that can be executed alone", "code is asked for before it is read",
        {{target("strange_code"), "unreadable"}});
  plain("code made before our start that is gone, below a function that it called",
        "made code is asked for before it is read", {{target("unmapped_code")}}, "cpu,heap");
  add("functions between code made at run time", "code with rules vouches for what led there",
      made_code);
  add("frame pointers in a ring", "a caller's frame lies above", ring);
  add("100,000 frames", "a walk has an end", deep);
  add("exceptions, plugins that come and go, forks and fibers", "objects that go are forgotten",
      stress);
}

}  // namespace e2e
