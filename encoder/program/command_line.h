// CLI11 with the manners all subcommands share: --help, and one line where a usage is wrong.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

namespace program {

// The exit status if it is all over now (--help was shown, or the usage is wrong).
std::optional<int> parse(CLI::App* app, int argc, char** argv, int usage_status);

}  // namespace program
