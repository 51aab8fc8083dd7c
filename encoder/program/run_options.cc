#include "encoder/program/run_options.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "encoder/program/command_line.h"
#include "encoder/program/console.h"

namespace program {
namespace {

struct Option {
  const char* name;
  const char* variables[2];  // the second may be missing
  const char* value;         // what --help calls it; nullptr: a flag
  const char* set_to;        // by a flag
  const char* help;
};

constexpr const char* kMerge = "--merge";

constexpr Option kOptions[] = {
    {"--mode",
     {"PROFILER_MODE"},
     "MODES",
     nullptr,
     "What is recorded: cpu (default), heap, allocs, block, mutex, wall, threads, threadcreate, "
     "fd, trace, custom; several with commas"},
    {"--output",
     {"PROFILER_OUTPUT"},
     "TEMPLATE",
     nullptr,
     "File name, default %e.%p.%m.pb.gz, or a folder"},
    {"--hz",
     {"PROFILER_CPU_HZ", "PROFILER_WALL_HZ"},
     "N",
     nullptr,
     "Samples a second, cpu and wall"},
    {"--heap-rate", {"PROFILER_HEAP_RATE"}, "SIZE", nullptr, "Mean bytes between samples"},
    {"--block-rate", {"PROFILER_BLOCK_RATE"}, "TIME", nullptr, "Waits this long are all recorded"},
    {"--mutex-fraction", {"PROFILER_MUTEX_FRACTION"}, "N", nullptr, "One in N contended unlocks"},
    {"--depth", {"PROFILER_STACK_DEPTH"}, "N", nullptr, "Frames kept of a stack"},
    {"--delay", {"PROFILER_DELAY"}, "TIME", nullptr, "Start recording so much later"},
    {"--duration", {"PROFILER_DURATION"}, "TIME", nullptr, "Record for so long"},
    {"--interval", {"PROFILER_INTERVAL"}, "TIME", nullptr, "Write all modes every so often"},
    {"--delta", {"PROFILER_DELTA"}, nullptr, "1", "Periodic files hold what is new"},
    {"--signal", {"PROFILER_SIGNAL"}, "SIGNAL", nullptr, "This signal writes all modes"},
    {"--http", {"PROFILER_HTTP"}, "ADDRESS", nullptr, "Serve /debug/pprof/ there"},
    {"--push", {"PROFILER_PUSH"}, "URL", nullptr, "Push to this Pyroscope server"},
    {"--labels", {"PROFILER_LABELS"}, "K=V,...", nullptr, "Labels on every sample"},
    {"--only", {"PROFILER_ONLY"}, "GLOBS", nullptr, "Profile programs of these names alone"},
    {"--no-children", {"PROFILER_CHILDREN"}, nullptr, "0", "Profile the first process alone"},
    {kMerge, {}, nullptr, "1", "One file a mode for the whole tree, see profiler merge --help"},
    {"--memory", {"PROFILER_MEMORY"}, "SIZE", nullptr, "Limit of the profiler's own memory"},
    {"--spool",
     {"PROFILER_SPOOL"},
     "FOLDER",
     nullptr,
     "Where the tables live: a folder, auto or none"},
    {"--symbolize",
     {"PROFILER_SYMBOLIZE"},
     "full|none",
     nullptr,
     "Names, files and lines, or addresses"},
    {"--log", {"PROFILER_LOG"}, "LEVEL", nullptr, "quiet, error, info or debug"},
};

const Option* find_option(std::string_view word) {
  const auto* at = std::find_if(std::begin(kOptions), std::end(kOptions),
                                [&](const Option& option) { return word == option.name; });
  return at == std::end(kOptions) ? nullptr : at;
}

// Index of the first word that is not run's own. CLI11 would look for options behind the command.
int end_of_options(int argc, char** argv) {
  int i = 1;
  while (i < argc) {
    const std::string_view word = argv[i];
    if (!word.starts_with('-') || word == "--") return i;
    const Option* option = find_option(word);
    i += option != nullptr && option->value != nullptr ? 2 : 1;
  }
  return argc;
}

}  // namespace

std::optional<RunOptions> parse_run_options(int argc, char** argv, int usage_status,
                                            int* exit_status) {
  CLI::App app(
      "profiler run [OPTIONS] [--] COMMAND [ARGUMENTS]\n"
      "Runs a command with libprofiler.so preloaded, ends as it ended, and puts names into the\n"
      "profiles of all programs it started. PROFILER_ variables hold where no option is given.");
  std::map<const Option*, std::string> values;
  for (const Option& option : kOptions) {
    if (option.value != nullptr) {
      app.add_option(option.name, values[&option], option.help)->type_name(option.value);
    } else {
      app.add_flag(option.name, option.help);
    }
  }
  const int end = end_of_options(argc, argv);
  if (const auto ended = parse(&app, std::min(end, argc), argv, usage_status)) {
    *exit_status = *ended;
    return std::nullopt;
  }
  RunOptions options;
  for (const Option& option : kOptions) {
    if (app.count(option.name) == 0) continue;
    if (option.name == kMerge) options.merge = true;
    const std::string value = option.value == nullptr ? option.set_to : values[&option];
    for (const char* variable : option.variables) {
      if (variable != nullptr) options.variables.emplace_back(variable, value);
    }
  }
  const bool marked = end < argc && std::string_view(argv[end]) == "--";
  for (int i = end + (marked ? 1 : 0); i < argc; i++) options.command.emplace_back(argv[i]);
  if (!options.command.empty()) return options;
  say(Level::kError, "run: no command (see profiler run --help)");
  *exit_status = usage_status;
  return std::nullopt;
}

}  // namespace program
