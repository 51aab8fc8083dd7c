// profiler convert FILE: a trace as profiles, a profile in the formats of other tools.
#include <algorithm>
#include <cstdio>
#include <new>
#include <string>

#include "program/convert/converted_stacks.h"
#include "program/profiles/figures.h"
#include "program/profiles/profile_file.h"
#include "program/report/trace_file.h"
#include "program/report/trace_report.h"
#include "program/sandbox/confinement.h"
#include "program/system/command_line.h"
#include "program/system/console.h"
#include "program/system/file_mode.h"
#include "program/system/made_files.h"
#include "program/system/output_text.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

struct ConvertOptions {
  std::string file, format, output, type;
  bool is_quiet = false;
};

std::string without(const std::string& path, std::string_view end) {
  return path.ends_with(end) ? path.substr(0, path.size() - end.size()) : path;
}

int fail(const std::string& path, const std::string& why, int status) {
  say(Level::kError, path + ": " + why);
  return status;
}

// FRONT.sync.pb.gz and its kin.
int convert_trace(const ConvertOptions& options, const std::string& bytes) {
  std::vector<std::pair<std::string, Profile>> profiles;
  if (options.format != "pprof") {
    return fail(options.file, "it is a trace, which can become --to pprof", kUsageOrUnreadable);
  }
  if (!options.type.empty()) {
    return fail(options.file, "it is a trace, which has no sample types for --type",
                kUsageOrUnreadable);
  }
  if (!report_of_trace(bytes, &profiles)) {
    return fail(options.file, "it is not a whole trace of libprofiler", kUsageOrUnreadable);
  }
  const std::string front =
      options.output.empty() ? without(options.file, ".pftrace") : options.output;
  const MadeFiles made(options.is_quiet);
  for (const auto& [name, profile] : profiles) {
    const std::string path = front + "." + name + ".pb.gz";
    std::string error;
    if (!write_profile(profile, path, file_mode(), &error)) return fail(path, error, kCheckFailed);
    say(Level::kInfo, path + ": " + std::to_string(profile.sample_size()) +
                          " stacks; go tool pprof -http=: " + path);
    made.print(path, true);
  }
  return kDone;
}

std::string converted(const ConvertOptions& options, const Profile& profile, int type) {
  const std::string name = options.file.substr(options.file.rfind('/') + 1);
  if (options.format == "collapsed") return collapsed_stacks(profile, type);
  if (options.format == "speedscope") return speedscope_file(profile, type, name);
  return firefox_profile(profile, type, name);
}

int write_converted(const ConvertOptions& options, const std::string& text) {
  const std::string end = options.format == "collapsed" ? ".txt" : ".json";
  const std::string path = options.output.empty()
                               ? without(options.file, ".pb.gz") + "." + options.format + end
                               : options.output;
  if (!write_output(path, text, {options.file})) return kCheckFailed;
  if (path != "-") MadeFiles(options.is_quiet).print(path, false);
  return kDone;
}

int convert_profile(const ConvertOptions& options, const Profile& profile) {
  if (options.format == "pprof") {
    return fail(options.file, "it is a pprof profile already", kUsageOrUnreadable);
  }
  const int type = type_index(profile, options.type);
  if (type < 0) {
    return fail(options.file,
                "it has no sample type " + options.type + ", but " + type_names(profile),
                kUsageOrUnreadable);
  }
  const auto below =
      std::count_if(profile.sample().begin(), profile.sample().end(),
                    [&](const pprof::Sample& sample) { return sample.value(type) < 0; });
  if (below > 0) {
    say(Level::kError, options.file + ": " + std::to_string(below) +
                           " samples are below zero and left out: the format has no such values");
  }
  return write_converted(options, converted(options, profile, type));
}

}  // namespace

int convert(int argc, char** argv) {
  ConvertOptions options;
  CLI::App app(
      "Converts a profile to the format of another tool: collapsed (stacks for flame graph\n"
      "scripts), speedscope, or firefox (profiler.firefox.com). Converts a trace to pprof:\n"
      "FRONT.sync.pb.gz (time that threads waited for each other), .io and .syscall (time in "
      "calls\n"
      "that waited), and .sched (time from a wake to the end of the wait it was for).");
  app.add_option("--to", options.format, "pprof, collapsed, speedscope or firefox")
      ->required()
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"pprof", "collapsed", "speedscope", "firefox"}));
  app.add_option(
         "-o,--output", options.output,
         "The file, `-` for stdout; of a trace FRONT. Else the name of FILE with the format")
      ->type_name("OUT");
  app.add_option("--type", options.type,
                 "The sample type, for example alloc_space; else the file's default")
      ->type_name("TYPE");
  add_quiet(&app, &options.is_quiet);
  app.add_option("FILE", options.file, "a profile or a trace")->required();
  if (const auto ended = parse(&app, argc, argv)) return *ended;
  confine();
  set_current_file(options.file, "nothing is converted");
  try {
    ProfileFile file;
    std::string bytes, error;
    if (!file.read_bytes(options.file, &bytes, &error)) {
      return fail(options.file, error, kUsageOrUnreadable);
    }
    if (is_trace(bytes)) return convert_trace(options, bytes);
    if (!file.parse(bytes, &error)) return fail(options.file, error, kUsageOrUnreadable);
    return convert_profile(options, file.profile());
  } catch (const std::bad_alloc&) {
    return fail(options.file, "out of memory; nothing is converted", kCheckFailed);
  }
}

}  // namespace program
