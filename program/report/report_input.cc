#include "program/report/report_input.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>

#include "program/profiles/distinct_files.h"
#include "program/profiles/profile_file.h"
#include "program/profiles/runs.h"
#include "program/report/trace_file.h"
#include "program/report/trace_waits.h"
#include "program/report/waits_json.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"

namespace program {
namespace {

constexpr size_t kMostWaits = 200;
constexpr const char* kLoss = "nothing is reported";

class Reading {
 public:
  explicit Reading(bool has_several) : has_several_(has_several) {}

  bool add(const std::string& path, bool is_last) {
    ProfileFile file;
    std::string bytes, error;
    set_current_file(path, kLoss);
    if (!file.read_bytes(path, &bytes, &error)) return refuse(path, error);
    if (is_trace(bytes)) return add_trace(bytes) || refuse(path, "its trace is damaged");
    if (!file.parse(bytes, &error)) return refuse(path, error);
    if (!is_last) drop_state(&file.profile());
    return add_profile(path, file.profile());
  }

  ReportInput finish() {
    for (ReportedProfile& profile : input_.profiles) {
      if (profile.files > 1) profile.comments = profile.merged.lines();
    }
    std::stable_sort(
        input_.profiles.begin(), input_.profiles.end(),
        [](const auto& a, const auto& b) { return rank_of(a.mode) < rank_of(b.mode); });
    for (const std::string& program : programs_) {
      input_.title += (input_.title.empty() ? "" : ", ") + program;
    }
    if (input_.title.empty()) input_.title = "profiles";
    add_facts();
    return std::move(input_);
  }

 private:
  static bool refuse(const std::string& path, const std::string& why) {
    say(Level::kError, path + ": " + why);
    return false;
  }

  // What a reader looks at first; custom profiles come last.
  static size_t rank_of(const std::string& mode) {
    static constexpr std::string_view kOrder[] = {
        "cpu", "wall", "heap", "allocs", "block", "mutex", "threads", "threadcreate", "fd"};
    return static_cast<size_t>(std::find(std::begin(kOrder), std::end(kOrder), mode) -
                               std::begin(kOrder));
  }

  ReportedProfile* reported(const std::string& path, const Profile& profile) {
    std::vector<SampleType> types;
    for (const auto& type : profile.sample_type()) {
      types.push_back({text_of(profile, type.type()), text_of(profile, type.unit())});
    }
    const std::string mode = mode_of(profile);
    for (ReportedProfile& known : input_.profiles) {
      if (known.mode != mode) continue;
      if (known.types == types) return &known;
      refuse(path, "its sample types (" + type_names(profile) + ") are others than those of the " +
                       mode + " profile before it; report them apart");
      return nullptr;
    }
    if (types.empty()) {
      refuse(path, "it has no sample type");
      return nullptr;
    }
    const auto shown = static_cast<size_t>(type_index(profile, ""));
    return &input_.profiles.emplace_back(mode, types[shown].type, types);
  }

  bool add_profile(const std::string& path, const Profile& profile) {
    ReportedProfile* to = reported(path, profile);
    if (to == nullptr) return false;
    const ProfileOrigin origin = origin_of(profile);
    Labels process;
    if (has_several_ && origin.pid > 0) {
      process = {{"program", origin.program}, {"pid", std::to_string(origin.pid)}};
    }
    for (size_t i = 0; i < to->types.size(); i++) to->tables[i].add(profile, static_cast<int>(i));
    to->lines.add(profile, type_index(profile, to->shown));
    to->stacks.add(profile, 0, 1, process);
    to->merged.take(profile, origin);
    for (const int64_t comment : profile.comment()) {
      const std::string& line = text_of(profile, comment);
      if (to->files == 0) to->comments.push_back(line);
      if (line.starts_with("# memory: ")) memory_.insert(line.substr(strlen("# memory: ")));
      if (line.starts_with("# libprofiler ")) versions_.insert(line.substr(2));
    }
    to->files++;
    if (!origin.program.empty()) programs_.insert(origin.program);
    if (origin.pid > 0) pids_.insert(origin.pid);
    hosts_.insert(comment_of(profile, "host"));
    if (profile.time_nanos() > 0) {
      begin_ns_ = begin_ns_ == 0 ? profile.time_nanos() : std::min(begin_ns_, profile.time_nanos());
      end_ns_ = std::max(end_ns_, end_of(profile));
    }
    return true;
  }

  bool add_trace(const std::string& bytes) {
    uint64_t end_ns = 0;
    if (!each_packet(bytes, [&](const TracePacket& packet) {
          end_ns = std::max(end_ns, packet.timestamp());
        })) {
      return false;
    }
    google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
    TraceWaits found;
    if (!longest_waits(&stream, end_ns, kMostWaits, &found)) return false;
    for (auto& wait : waits_json(found, end_ns)) input_.waits.push_back(std::move(wait));
    std::sort(input_.waits.begin(), input_.waits.end(),
              [](const auto& a, const auto& b) { return a["seconds"] > b["seconds"]; });
    if (input_.waits.size() > kMostWaits) {
      input_.waits.erase(input_.waits.begin() + kMostWaits, input_.waits.end());
    }
    input_.wait_count += found.count;
    input_.traces++;
    return true;
  }

  void add_fact(const std::string& name, const std::string& value) {
    if (!value.empty()) input_.facts.emplace_back(name, value);
  }

  static std::string joined(const std::set<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += (text.empty() || one.empty() ? "" : ", ") + one;
    return text;
  }

  void add_facts();

  const bool has_several_;
  ReportInput input_;
  std::set<std::string> programs_, hosts_, versions_, memory_;
  std::set<int64_t> pids_;
  int64_t begin_ns_ = 0, end_ns_ = 0;
};

void Reading::add_facts() {
  add_fact("program", joined(programs_));
  if (pids_.size() == 1) add_fact("process", std::to_string(*pids_.begin()));
  if (pids_.size() > 1) add_fact("processes", std::to_string(pids_.size()));
  add_fact("host", joined(hosts_));
  if (begin_ns_ > 0) {
    const time_t begin = begin_ns_ / 1'000'000'000;
    char text[64];
    tm parts{};
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&begin, &parts));
    add_fact("started", text);
    snprintf(text, sizeof text, "%.3f s", static_cast<double>(end_ns_ - begin_ns_) / 1e9);
    add_fact("duration", text);
  }
  if (memory_.size() == 1) add_fact("memory", *memory_.begin());
  add_fact("profiler", joined(versions_));
}

}  // namespace

std::optional<std::vector<std::string>> report_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  std::error_code error;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    const size_t before = files.size();
    for (const std::string_view end : {kProfileEnd, kTraceEnd}) {
      const auto inside = files_in(path, end);
      files.insert(files.end(), inside.begin(), inside.end());
    }
    if (files.size() == before) {
      say(Level::kError, path + ": there is no profile (*.pb.gz) and no trace (*.pftrace) in it");
      return std::nullopt;
    }
  }
  return files;
}

std::optional<ReportInput> read_report(const std::vector<std::string>& files) {
  Reading reading(files.size() > 1);
  for (const auto& [file, is_last] : distinct_files(files, kLoss)) {
    if (!reading.add(file, is_last)) return std::nullopt;
  }
  return reading.finish();
}

}  // namespace program
