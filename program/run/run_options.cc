#include "program/run/run_options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>

#include "env/options.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/made_files.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

using options::Row;

// A second name of one or two variables.
struct Alias {
  const char* name;
  std::array<std::string_view, 2> variables;
  const char* help;
};

constexpr Alias kAliases[] = {
    {"--hz", {"CPU_HZ", "WALL_HZ"}, "samples a second, cpu and wall"},
    {"--depth", {"STACK_DEPTH", ""}, "the same as --stack-depth"},
};
constexpr const char* kMerge = "--merge";
constexpr std::string_view kOthersWithValue[] = {"--limit", "--markdown", "--junit",
                                                 "--annotations"};

const Row* row_of(std::string_view variable) {
  const auto* at = std::find_if(std::begin(options::kRows), std::end(options::kRows),
                                [&](const Row& row) { return row.name == variable; });
  return at == std::end(options::kRows) ? nullptr : at;
}

bool is_flag(const Row& row) {
  return row.check.kind == options::Kind::kFlag;
}

std::string accepted(const Row& row) {
  char bytes[512];
  text::Builder out(bytes);
  describe_accepted(row.check, out);
  return std::string(out.view());
}

// `--heap-rate` for HEAP_RATE.
std::string option_of(std::string_view variable, const char* front = "--") {
  std::string name = front;
  for (const char c : variable) {
    name += c == '_' ? '-' : static_cast<char>(tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string default_of(const Row& row) {
  return row.name == "MODE" ? "cpu, with --http none" : std::string(row.default_text);
}

std::string help_of(const Row& row) {
  if (is_flag(row)) return std::string(row.meaning) + "; --no- in front: 0";
  const std::string words =
      row.check.kind == options::Kind::kText ? "" : " [" + accepted(row) + "]";
  return std::string(row.meaning) + words + "; default " + default_of(row);
}

const char* value_name(const Row& row) {
  switch (row.check.kind) {
    case options::Kind::kModes:
      return "MODES";
    case options::Kind::kTemplate:
      return "TEMPLATE";
    case options::Kind::kInteger:
      return "N";
    case options::Kind::kOctal:
      return "OCTAL";
    case options::Kind::kSize:
      return "SIZE";
    case options::Kind::kDuration:
      return "TIME";
    case options::Kind::kDirectory:
      return "DIRECTORY";
    case options::Kind::kSignal:
      return "SIGNAL";
    case options::Kind::kAddress:
      return "ADDRESS";
    case options::Kind::kUrl:
      return "URL";
    case options::Kind::kLabels:
      return "K=V,...";
    case options::Kind::kGlobs:
      return "GLOBS";
    default:
      return "WORD";
  }
}

// What CLI11 found, by option.
class Parsed {
 public:
  // An option that is given again replaces what was given before: scripts append to a list of them.
  explicit Parsed(CLI::App* app) : app_(app) {
    app->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    for (const Row& row : options::kRows) {
      if (row.name != "HELP") add(row);
    }
    for (const Alias& alias : kAliases) {
      app->add_option(alias.name, values_[alias.name], alias.help)->type_name("N");
    }
    app->add_flag(kMerge, merges_, "one file a mode for the whole tree, see profiler help merge");
    add_quiet(app, &quiet_);
    app->add_option("--limit", limits_,
                    "end with 1 if FIGURE=MAXIMUM is exceeded: fd=0, alloc_space=64M, "
                    "'cpu[parse]=1.5s'; may be repeated")
        ->type_name("LIMIT")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app->add_flag(
        "--complete", is_complete_,
        "end with 125 if the profiles are not those of the whole tree; --limit implies it");
    add_check_options(app, &forms_);
  }

  bool is_quiet() const { return quiet_; }
  bool merges() const { return merges_; }
  bool is_complete() const { return is_complete_; }
  const std::vector<std::string>& limits() const { return limits_; }
  const CheckForms& forms() const { return forms_; }

  // Every variable that an option sets; false after a line that says which value is bad.
  bool take(std::vector<std::pair<std::string, std::string>>* variables) const {
    for (const Row& row : options::kRows) {
      const std::string option = option_of(row.name);
      if (row.name == "HELP" || app_->count(option) == 0) continue;
      if (!take(row, option, value_of(option), variables)) return false;
    }
    for (const Alias& alias : kAliases) {
      if (app_->count(alias.name) == 0) continue;
      for (const std::string_view name : alias.variables) {
        const Row* row = row_of(name);
        if (row != nullptr && !take(*row, alias.name, values_.at(alias.name), variables)) {
          return false;
        }
      }
    }
    return true;
  }

 private:
  void add(const Row& row) {
    const std::string option = option_of(row.name);
    if (is_flag(row)) {
      app_->add_flag(option + ",!" + option_of(row.name, "--no-"), values_[option], help_of(row));
    } else {
      app_->add_option(option, values_[option], help_of(row))->type_name(value_name(row));
    }
  }

  // CLI11 has words of its own for a flag without a value.
  std::string value_of(const std::string& option) const {
    const std::string& value = values_.at(option);
    return value == "true" ? "1" : value == "false" ? "0" : value;
  }

  static bool take(const Row& row, const std::string& option, const std::string& value,
                   std::vector<std::pair<std::string, std::string>>* variables) {
    options::Value read;
    char bytes[256];
    text::Builder problem(bytes);
    // An empty value is as not set; but without a mode the command would run unprofiled.
    const bool is_unset = value.empty() && row.check.kind != options::Kind::kModes;
    const bool is_none = value.empty() && !is_unset;
    const bool is_good =
        is_unset || value == row.default_text ||
        (!is_none && read_value(row.check, value, read, problem) == options::Verdict::kGood);
    if (!is_good) {
      const std::string why = problem.view().empty() ? "" : std::string(problem.view()) + "; ";
      const bool is_url = row.check.kind == options::Kind::kUrl;  // it may hold a password
      say(Level::kError, "run: " + option + (is_url ? "" : " " + (is_none ? "''" : value)) + ": " +
                             why + "accepted: " + accepted(row));
      return false;
    }
    variables->emplace_back(std::string(options::kPrefix) + std::string(row.name), value);
    return true;
  }

  CLI::App* app_;
  std::map<std::string, std::string> values_;
  bool merges_ = false, quiet_ = false, is_complete_ = false;
  std::vector<std::string> limits_;
  CheckForms forms_;
};

bool takes_value(std::string_view word) {
  for (const Row& row : options::kRows) {
    if (word == option_of(row.name)) return !is_flag(row);
  }
  return std::any_of(std::begin(kAliases), std::end(kAliases),
                     [&](const Alias& alias) { return word == alias.name; }) ||
         std::find(std::begin(kOthersWithValue), std::end(kOthersWithValue), word) !=
             std::end(kOthersWithValue);
}

// Index of the first word that is not run's own. CLI11 would look for options behind the command.
int end_of_options(int argc, char** argv) {
  int i = 1;
  while (i < argc) {
    const std::string_view word = argv[i];
    if (!word.starts_with('-') || word == "--") return i;
    i += takes_value(word) ? 2 : 1;
  }
  return argc;
}

}  // namespace

std::optional<RunOptions> parse_run_options(int argc, char** argv, int* exit_status) {
  CLI::App app(
      "Runs a command with libprofiler.so preloaded, ends as it ended, and puts names into the\n"
      "profiles of all programs that it started. Each option is the PROFILER_ variable of the\n"
      "same name, which holds where the option is not given. Without either, the mode is cpu.");
  const Parsed parsed(&app);
  const int end = end_of_options(argc, argv);
  if (const auto ended = parse(&app, std::min(end, argc), argv, "[--] COMMAND [ARGUMENTS]...")) {
    *exit_status = *ended;
    return std::nullopt;
  }
  *exit_status = kUsageOrUnreadable;
  RunOptions options;
  options.merge = parsed.merges();
  options.quiet = parsed.is_quiet();
  options.is_complete = parsed.is_complete();
  options.limits = parsed.limits();
  options.forms = parsed.forms();
  if (!parsed.take(&options.variables)) return std::nullopt;
  if (options.limits.empty() && options.forms.any()) {
    say(Level::kError, "run: --markdown, --junit and --annotations tell of limits; give --limit");
    return std::nullopt;
  }
  const bool marked = end < argc && std::string_view(argv[end]) == "--";
  for (int i = end + (marked ? 1 : 0); i < argc; i++) options.command.emplace_back(argv[i]);
  if (!options.command.empty()) return options;
  say(Level::kError, "run: no command (see profiler help run)");
  return std::nullopt;
}

}  // namespace program
