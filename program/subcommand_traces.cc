// profiler traces FILE...: each stack of a profile with its value and labels, the largest first.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program/profiles/location_frames.h"
#include "program/report/shown_type.h"
#include "program/report/text_table.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

struct TracesOptions {
  std::vector<std::string> files;
  std::string type;
  size_t count = 100;
  bool is_json = false;
};

struct Stack {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::pair<std::string, std::string>> frames;  // name and place, the leaf first
  auto operator<=>(const Stack&) const = default;
};

using Sums = std::map<Stack, int64_t>;

void add(const Profile& profile, int type, Sums* sums) {
  const LocationFrames locations = frames_of(profile);
  for (const auto& sample : profile.sample()) {
    if (sample.value(type) == 0) continue;
    Stack stack;
    for (const auto& label : sample.label()) {
      stack.labels.emplace_back(text_of(profile, label.key()), value_of(profile, label));
    }
    for (const uint64_t id : sample.location_id()) {
      for (const NamedFrame& frame : locations.at(id)) {
        const std::string place =
            frame.file.empty() ? "" : frame.file + ":" + std::to_string(frame.line);
        stack.frames.emplace_back(frame.name, place);
      }
    }
    int64_t& sum = (*sums)[std::move(stack)];
    sum = sum_of(sum, sample.value(type));
  }
}

using Sorted = std::vector<std::pair<const Stack*, int64_t>>;

Sorted sorted(const Sums& sums) {
  Sorted all;
  for (const auto& [stack, value] : sums) all.emplace_back(&stack, value);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::fabs(static_cast<double>(a.second)) > std::fabs(static_cast<double>(b.second));
  });
  return all;
}

void print(const TracesOptions& options, const ShownType& shown, const Sorted& stacks) {
  printf("%s, %s: %zu %s\n", printable(shown.mode).c_str(), printable(shown.type).c_str(),
         stacks.size(), stacks.size() == 1 ? "stack" : "stacks");
  for (size_t i = 0; i < stacks.size() && i < options.count; i++) {
    const auto& [stack, value] = stacks[i];
    std::string text = "\n" + unit_text(static_cast<double>(value), shown.unit);
    for (const auto& [key, label] : stack->labels) text += "  " + key + "=" + label;
    puts(printable(text.substr(1)).insert(0, "\n").c_str());
    for (const auto& [name, place] : stack->frames) {
      puts(printable("    " + name + (place.empty() ? "" : "  " + place)).c_str());
    }
  }
  if (stacks.size() > options.count) {
    printf("\nand %zu more (-n shows more)\n", stacks.size() - options.count);
  }
}

void print_json(const ShownType& shown, const Sorted& stacks) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [stack, value] : stacks) {
    nlohmann::json labels = nlohmann::json::array(), frames = nlohmann::json::array();
    for (const auto& label : stack->labels) labels.push_back({label.first, label.second});
    for (const auto& [name, place] : stack->frames) {
      frames.push_back({{"name", name}, {"place", place}});
    }
    list.push_back({{"value", value}, {"labels", labels}, {"frames", frames}});
  }
  const nlohmann::json all = {{"schema", 1},
                              {"mode", shown.mode},
                              {"type", shown.type},
                              {"unit", shown.unit},
                              {"stacks", list}};
  puts(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int traces(int argc, char** argv) {
  TracesOptions options;
  CLI::App app(
      "Prints each stack of a profile with its value and labels, the largest first and the leaf\n"
      "of each first. Several files are summed.");
  app.add_option("--type", options.type,
                 "The sample type, for example alloc_space; else the file's default")
      ->type_name("TYPE");
  app.add_option("-n,--stacks", options.count, "How many stacks; 100 by default")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", options.is_json, "Print all stacks as JSON");
  app.add_option("FILE", options.files, "pprof files of one sample type, gzip'd or plain")
      ->required();
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  confine();
  try {
    ShownType shown{options.type, "", "", 0};
    Sums sums;
    const bool is_read = each_profile(options.files, &shown, [&](const Profile& profile, int type) {
      add(profile, type, &sums);
    });
    if (!is_read) return kUsageOrUnreadable;
    options.is_json ? print_json(shown, sorted(sums)) : print(options, shown, sorted(sums));
    return kDone;
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; nothing is shown");
    return kCheckFailed;
  }
}

}  // namespace program
