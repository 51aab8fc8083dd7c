// profiler, the companion program: works on profile files and on the programs that write them.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "encoder/program/console.h"
#include "encoder/program/subcommand.h"

namespace {

struct Subcommand {
  std::string_view name;
  int (*function)(int argc, char** argv);  // nullptr: does not exist yet
  const char* summary;
};

constexpr Subcommand kSubcommands[] = {
    {"run", program::run, "profile a program and what it starts"},
    {"symbolize", program::symbolize, "put names into profiles that have only addresses"},
    {"dump", program::dump, "write the profiles of a program that runs"},
    {"start", program::start, "begin to record in a program that runs"},
    {"stop", program::stop, "stop recording in a program that runs"},
    {"recover", program::recover, "make the profiles of programs that were killed"},
    {"merge", program::merge, "join the profiles of several processes in one file"},
    {"report", program::report, "make profiles of a trace: where threads waited, and how long"},
    {"diff", nullptr, nullptr},
    {"agent", program::agent, nullptr},
};

void print_help() {
  printf("profiler " PROFILER_VERSION
         ": profiles of native programs, for go tool pprof\n\n"
         "Usage: profiler SUBCOMMAND [OPTIONS] ...\n\n");
  for (const Subcommand& subcommand : kSubcommands) {
    if (subcommand.summary == nullptr) continue;
    printf("  %-10s %s\n", subcommand.name.data(), subcommand.summary);
  }
  printf("\nprofiler SUBCOMMAND --help tells its options, PROFILER_HELP=1 those of the library.\n");
}

}  // namespace

int main(int argc, char** argv) {
  using program::Level;
  program::set_level(program::level_of(getenv("PROFILER_LOG")));
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h") {
    print_help();
    return program::kDone;
  }
  if (name == "--version") {
    printf("profiler %s\n", PROFILER_VERSION);
    return program::kDone;
  }
  for (const Subcommand& subcommand : kSubcommands) {
    if (name != subcommand.name) continue;
    if (subcommand.function != nullptr) return subcommand.function(argc - 1, argv + 1);
    program::say(Level::kError, std::string(name) + ": this subcommand does not exist yet");
    return program::kUsageOrUnreadable;
  }
  program::say(Level::kError,
               name.empty() ? "no subcommand (see profiler --help)"
                            : std::string(name) + ": no such subcommand (see profiler --help)");
  return program::kUsageOrUnreadable;
}
