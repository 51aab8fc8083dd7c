// profiler diff BASE NEW: two sets of runs compared, with intervals, verdicts and gates.
#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "program/report/judge.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

struct Sides {
  std::vector<std::string> base, fresh;
};

// "--" separates them where they are more than two paths.
Sides sides_of(const std::vector<std::string>& paths, char** behind, char** end) {
  if (behind != end) return {paths, {behind + 1, end}};
  if (paths.size() == 2) return {{paths[0]}, {paths[1]}};
  return {};
}

}  // namespace

int diff(int argc, char** argv) {
  JudgeOptions options;
  std::vector<std::string> paths;
  bool is_unpaired = false;
  CLI::App app(
      "Compares two sides, each a file, a directory of runs, or several of them (then `--` stands\n"
      "between the sides). A file is a run, and so is a subdirectory that holds the files of a "
      "run.\n"
      "Ends with 1 if a gate fails: if the whole interval of its figure is above what it allows.");
  add_judge_options(&app, &options);
  app.add_flag("--unpaired", is_unpaired, "Runs with the same number were not made in turn");
  app.add_option("PATH", paths, "BASE NEW, or BASE... -- NEW...")->required();
  // CLI11 would take `--` for itself.
  char** const end = argv + argc;
  char** const separator =
      std::find_if(argv, end, [](const char* word) { return strcmp(word, "--") == 0; });
  if (const auto ended = parse(&app, static_cast<int>(separator - argv), argv)) return *ended;
  const Sides sides = sides_of(paths, separator, end);
  if (sides.base.empty() || sides.fresh.empty()) {
    say(Level::kError,
        "diff: two sides are needed: BASE NEW, or BASE... -- NEW... (see profiler help diff)");
    return kUsageOrUnreadable;
  }
  if (!parse_gates("diff", &options)) return kUsageOrUnreadable;
  confine();
  try {
    std::vector<Run> base, fresh;
    const auto watching = [&](const FigureName& name) { return functions_of(options.gates, name); };
    if (!read_runs(sides.base, watching, &base) || !read_runs(sides.fresh, watching, &fresh)) {
      return kUsageOrUnreadable;
    }
    return judge("diff", options, base, fresh, !is_unpaired && base.size() == fresh.size());
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; nothing is compared");
    return kCheckFailed;
  }
}

}  // namespace program
