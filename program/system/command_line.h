// CLI11 with the manners that all subcommands share: --help, and one line where a usage is wrong.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace program {

// The exit status if it is all over now: --help was shown (0), or the usage is wrong (2).
// `tail`: what the usage line shows behind the options that CLI11 knows.
std::optional<int> parse(CLI::App* app, int argc, char** argv, const std::string& tail = "");

}  // namespace program
