// Many children: of a process whose threads are in our hooks at each fork, and by posix_spawn and
// system. scripts/stress forks asks for thousands.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

int asked_for(int usual) {
  const char* asked = getenv("FORKS");
  return asked != nullptr ? atoi(asked) : usual;
}

Outcome run_many(const std::string& name, const std::string& modes, int count,
                 const TemporaryDirectory& output, const TemporaryDirectory& spool) {
  Command command{{target(name), std::to_string(count)}};
  command.limit_s = 60 + count / 10;
  return run(profiled(command, modes, output,
                      {{"PROFILER_SYMBOLIZE", "none"},
                       {"PROFILER_HEAP_RATE", "4K"},
                       {"PROFILER_SPOOL", spool.path()}}));
}

bool is_of(const std::string& path, int pid) {
  return path.find("." + std::to_string(pid) + ".") != std::string::npos;
}

}  // namespace

TEST_CASE(
    "children of a process with eight allocating threads: none hangs, all that they did is there") {
  const int count = asked_for(200);
  const TemporaryDirectory output, spool;
  const Outcome ours = run_many("many_forks", "heap", count, output, spool);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "0 bad\n");
  CHECK(ours.err.empty());
  CHECK(spool.files().empty());
  // Process ids come back, and a file that is younger than its namesake stays beside it.
  const std::vector<std::string> names = output.files();
  CHECK(names.size() == static_cast<size_t>(count) + 1);
  int64_t sum = 0;
  for (const std::string& name : names) {
    const ProfileFile file(output / name);
    if (!is_of(name, ours.pid)) sum += file.total("alloc_space");
  }
  const double truth = count * 256.0 * 4001;
  figure("%d forks: %.1f s, %.2f ms each; the children's bytes are %.4f of the truth", count,
         ours.seconds, ours.seconds * 1e3 / count, static_cast<double>(sum) / truth);
  // 256 samples each: 200 children are within 0.5 % (one sigma).
  CHECK(static_cast<double>(sum) == Approx(truth).epsilon(0.05));
}

TEST_CASE("a parent of many by posix_spawn and system is sampled to its end") {
  const int count = asked_for(50);
  const TemporaryDirectory output, spool;
  const Outcome ours = run_many("many_spawns", "cpu", count, output, spool);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "0 bad\n");
  CHECK(ours.err.empty());
  CHECK(spool.files().empty());
  CHECK(output.files().size() == 2 * static_cast<size_t>(count) + 1);
  for (const std::string& path : output.profiles("cpu")) {
    if (!is_of(path, ours.pid)) {
      check_rules(path);
      continue;
    }
    CHECK(run({{program(), "symbolize", path}}).end() == "exit 0");
    const ProfileFile parent(path);
    const double last = static_cast<double>(parent.containing("cpu", "burn_last_second")) / 1e9;
    figure("%d posix_spawn and %d system: %.1f s; of the parent's last second %.3f s are there",
           count, count, ours.seconds, last);
    CHECK(last >= 0.95);
  }
}

// A handler could end a child while it began to record: its tables were not to be read yet.
TEST_CASE("children that are ended in their first moments say nothing, and leave nothing") {
  const TemporaryDirectory output, spool;
  const Outcome ours = same_as_bare({{target("ended_at_fork")}}, "cpu,heap", output,
                                    {{"PROFILER_SYMBOLIZE", "none"},
                                     {"PROFILER_HEAP_RATE", "1"},
                                     {"PROFILER_SPOOL", spool.path()}});
  CHECK(ours.out == "300 children ended by their handler\n");
  CHECK(spool.files().empty());
}
