// profiler merge -o OUT FILE...: the profiles of several processes in one file.
#include <new>
#include <string>
#include <vector>

#include "program/profiles/merge_files.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/file_mode.h"
#include "program/system/made_files.h"
#include "program/system/subcommand.h"

namespace program {

int merge(int argc, char** argv) {
  CLI::App app(
      "Joins pprof files of the same sample types into one. Each sample gets the labels `pid` and\n"
      "`program` of its file (go tool pprof -tagroot=program, -tagfocus=pid=4711); the time is "
      "that\n"
      "of the first, the duration the span of all. Nothing is written unless every FILE is good.");
  std::vector<std::string> files;
  std::string output;
  app.add_option("-o,--output", output, "The file to write; replaced if it is there")
      ->required()
      ->type_name("OUT");
  app.add_option("FILE", files, "pprof files, gzip'd or plain")->required();
  bool quiet = false;
  add_quiet(&app, &quiet);
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  if (output == "-") {
    say(Level::kError, "merge: -o -: a merged profile needs a file");
    return kUsageOrUnreadable;
  }
  const MadeFiles made(quiet);
  confine();
  try {
    const int status = merge_files(files, output, file_mode());
    if (status == kDone) made.print(output, true);
    return status;
  } catch (const std::bad_alloc&) {
    say(Level::kError, output + ": out of memory; nothing is merged");
    return kCheckFailed;
  }
}

}  // namespace program
