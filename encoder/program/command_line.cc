#include "encoder/program/command_line.h"

#include <string>

#include "encoder/program/console.h"

namespace program {

std::optional<int> parse(CLI::App* app, int argc, char** argv, int usage_status) {
  app->name(std::string("profiler ") + argv[0]);
  try {
    app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app->exit(error);
    say(Level::kError,
        std::string(argv[0]) + ": " + error.what() + " (see profiler " + argv[0] + " --help)");
    return usage_status;
  }
  return std::nullopt;
}

}  // namespace program
