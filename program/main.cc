// profiler, the companion program: works on profile files and on the programs that write them.
#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace {

struct Subcommand {
  std::string_view name;
  int (*function)(int argc, char** argv);
  const char* summary;  // nullptr: of no use by hand
};

constexpr Subcommand kSubcommands[] = {
    {"run", program::run, "profile a program and what it starts"},
    {"symbolize", program::symbolize, "put names into profiles that have only addresses"},
    {"dump", program::dump, "write the profiles of a program that runs"},
    {"start", program::start, "begin to record in a program that runs"},
    {"stop", program::stop, "stop recording in a program that runs"},
    {"status", program::status, "show what is profiled, where it is written, and why not"},
    {"recover", program::recover, "make the profiles of programs that were killed"},
    {"merge", program::merge, "join the profiles of several processes in one file"},
    {"top", program::top, "show the functions of a profile in a table"},
    {"list", program::list, "show the source lines of a function with their figures"},
    {"traces", program::traces, "show the stacks of a profile with their values"},
    {"compare", program::compare, "run two commands in turn and compare their profiles"},
    {"diff", program::diff, "compare two sets of runs, with intervals, and judge the difference"},
    {"report", program::report, "make a page of profiles and traces, which any browser opens"},
    {"convert", program::convert, "convert a profile or a trace to the format of another tool"},
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
  printf(
      "\nprofiler help SUBCOMMAND, or SUBCOMMAND --help, shows its options; PROFILER_HELP=1 those "
      "of\nthe library.\n");
}

const Subcommand* find(std::string_view name) {
  for (const Subcommand& subcommand : kSubcommands) {
    if (name == subcommand.name) return &subcommand;
  }
  return nullptr;
}

int refuse(std::string_view name) {
  program::say(program::Level::kError,
               name.empty() ? "no subcommand (see profiler help)"
                            : std::string(name) + ": no such subcommand (see profiler help)");
  return program::kUsageOrUnreadable;
}

int help_of(const char* name) {
  const Subcommand* subcommand = find(name);
  if (subcommand == nullptr) return refuse(name);
  std::string words[] = {name, "--help"};
  char* arguments[] = {words[0].data(), words[1].data(), nullptr};
  return subcommand->function(2, arguments);
}

// stdio keeps a failed write to itself: a full disk is no success.
int end(int status) {
  if (fflush(stdout) == 0 && ferror(stdout) == 0) return status;
  program::say(program::Level::kError, "stdout: cannot be written");
  return status == program::kDone ? program::kCheckFailed : status;
}

}  // namespace

int main(int argc, char** argv) {
  using program::Level;
  // The library executes a descriptor; the kernel names the process after its number.
  prctl(PR_SET_NAME, "profiler");
  program::set_level(program::level_of(getenv("PROFILER_LOG")));
  const std::string_view name = argc > 1 ? argv[1] : "";
  const bool asks_for_help = name == "--help" || name == "-h" || name == "help";
  if (asks_for_help && argc > 2 && name == "help") return end(help_of(argv[2]));
  if (asks_for_help) {
    print_help();
    return end(program::kDone);
  }
  if (name == "--version") {
    printf("profiler %s\n", PROFILER_VERSION);
    return end(program::kDone);
  }
  const Subcommand* subcommand = find(name);
  return subcommand != nullptr ? end(subcommand->function(argc - 1, argv + 1)) : refuse(name);
}
