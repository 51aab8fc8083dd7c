#include "program/system/command_line.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

constexpr size_t kColumns = 96;
constexpr size_t kIndent = 6;

// One usage line that is right as it stands, and descriptions that are wrapped.
class HelpFormat : public CLI::Formatter {
 public:
  explicit HelpFormat(std::string tail) : tail_(std::move(tail)) {}

  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string line = "\nUsage: " + name + " [OPTIONS]";
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_required() && !option->get_positional()) {
        line += " " + option->get_name() + " " + option->get_type_name();
      }
    }
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional()) line += " " + make_option_usage(option);
    }
    return line + (tail_.empty() ? "" : " " + tail_) + "\n";
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string head = "  " + make_option_name(option, is_positional);
    if (!option->get_type_name().empty() && !is_positional) head += " " + option->get_type_name();
    std::ostringstream out;
    out << head << "\n";
    std::istringstream words(option->get_description());
    std::string line(kIndent, ' '), word;
    while (words >> word) {
      if (line.size() > kIndent && line.size() + 1 + word.size() > kColumns) {
        out << line << "\n";
        line.assign(kIndent, ' ');
      }
      line += (line.size() > kIndent ? " " : "") + word;
    }
    out << line << "\n";
    return out.str();
  }

 private:
  std::string tail_;
};

}  // namespace

std::optional<int> parse(CLI::App* app, int argc, char** argv, const std::string& tail) {
  app->name(std::string("profiler ") + argv[0]);
  app->formatter(std::make_shared<HelpFormat>(tail));
  try {
    app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app->exit(error);
    say(Level::kError,
        std::string(argv[0]) + ": " + error.what() + " (see profiler help " + argv[0] + ")");
    return kUsageOrUnreadable;
  }
  return std::nullopt;
}

}  // namespace program
