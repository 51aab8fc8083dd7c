#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "program/convert/converted_stacks.h"

namespace program {
namespace {

using nlohmann::json;

// The version of the format that is written here; readers bring older versions up to theirs.
constexpr int kFormat = 46;
constexpr int kGeckoFormat = 24;

struct ThreadName {
  std::string name, tid;
  auto operator<=>(const ThreadName&) const = default;
};

ThreadName thread_of(const Profile& profile, const pprof::Sample& sample) {
  ThreadName thread;
  for (const auto& label : sample.label()) {
    const std::string& key = text_of(profile, label.key());
    if (key == "thread") thread.name = value_of(profile, label);
    if (key == "tid") thread.tid = std::to_string(label.num());
  }
  return thread;
}

// The tables of one thread: each has a column a field, and a row for each entry.
class Thread {
 public:
  void add(const std::vector<NamedFrame>& stack, double weight) {
    json node = nullptr;
    for (const NamedFrame& frame : stack) node = stack_row(node, frame_row(frame));
    stacks_.push_back(node), weights_.push_back(weight);
    times_.push_back(time_), time_ += 1;
  }

  json table(const ThreadName& thread, const std::string& process, const std::string& pid,
             const std::string& weight_type, bool is_main) const {
    return {{"name", thread.name.empty() ? process : thread.name},
            {"isMainThread", is_main},
            {"processType", "default"},
            {"processName", process},
            {"pid", pid},
            {"tid", thread.tid.empty() ? pid : thread.tid},
            {"processStartupTime", 0},
            {"processShutdownTime", nullptr},
            {"registerTime", 0},
            {"unregisterTime", nullptr},
            {"pausedRanges", json::array()},
            {"markers", empty({"category", "data", "endTime", "name", "phase", "startTime"})},
            {"nativeSymbols", empty({"address", "functionSize", "libIndex", "name"})},
            {"resourceTable", empty({"lib", "name", "host", "type"})},
            {"samples",
             {{"length", stacks_.size()},
              {"stack", stacks_},
              {"time", times_},
              {"weight", weights_},
              {"weightType", weight_type}}},
            {"stackTable",
             {{"length", prefixes_.size()},
              {"prefix", prefixes_},
              {"frame", stack_frames_},
              {"category", same(0, prefixes_.size())},
              {"subcategory", same(0, prefixes_.size())}}},
            {"frameTable", frame_table()},
            {"funcTable", function_table()},
            {"stringArray", strings_}};
  }

 private:
  static json same(const json& value, size_t count) { return std::vector<json>(count, value); }
  static json empty(const std::vector<std::string>& columns) {
    json table = {{"length", 0}};
    for (const std::string& column : columns) table[column] = json::array();
    return table;
  }

  json frame_table() const {
    const size_t count = frame_functions_.size();
    return {{"length", count},
            {"address", same(-1, count)},
            {"inlineDepth", same(0, count)},
            {"category", same(0, count)},
            {"subcategory", same(0, count)},
            {"func", frame_functions_},
            {"nativeSymbol", same(nullptr, count)},
            {"innerWindowID", same(nullptr, count)},
            {"implementation", same(nullptr, count)},
            {"line", frame_lines_},
            {"column", same(nullptr, count)},
            {"optimizations", same(nullptr, count)}};
  }
  json function_table() const {
    const size_t count = function_names_.size();
    return {{"length", count},
            {"name", function_names_},
            {"isJS", same(false, count)},
            {"relevantForJS", same(false, count)},
            {"resource", same(-1, count)},
            {"fileName", function_files_},
            {"lineNumber", same(nullptr, count)},
            {"columnNumber", same(nullptr, count)}};
  }

  size_t string_number(const std::string& text) {
    const auto [at, is_new] = string_numbers_.try_emplace(text, strings_.size());
    if (is_new) strings_.push_back(text);
    return at->second;
  }
  size_t function_row(const NamedFrame& frame) {
    const auto [at, is_new] =
        functions_.try_emplace({frame.name, frame.file}, function_names_.size());
    if (!is_new) return at->second;
    function_names_.push_back(string_number(frame.name));
    function_files_.push_back(frame.file.empty() ? json(nullptr) : json(string_number(frame.file)));
    return at->second;
  }
  size_t frame_row(const NamedFrame& frame) {
    const size_t function = function_row(frame);
    const auto [at, is_new] = frames_.try_emplace({function, frame.line}, frame_functions_.size());
    if (!is_new) return at->second;
    frame_functions_.push_back(function);
    frame_lines_.push_back(frame.line > 0 ? json(frame.line) : json(nullptr));
    return at->second;
  }
  size_t stack_row(const json& prefix, size_t frame) {
    const int64_t above = prefix.is_null() ? -1 : prefix.get<int64_t>();
    const auto [at, is_new] = nodes_.try_emplace({above, frame}, prefixes_.size());
    if (is_new) prefixes_.push_back(prefix), stack_frames_.push_back(frame);
    return at->second;
  }

  std::map<std::string, size_t> string_numbers_;
  std::map<std::pair<std::string, std::string>, size_t> functions_;
  std::map<std::pair<size_t, int64_t>, size_t> frames_;
  std::map<std::pair<int64_t, size_t>, size_t> nodes_;
  std::vector<std::string> strings_;
  std::vector<size_t> function_names_, frame_functions_, stack_frames_;
  std::vector<json> function_files_, frame_lines_, prefixes_, stacks_;
  std::vector<double> weights_, times_;
  double time_ = 0;  // a profile has no times: each row has a millisecond of its own
};

json meta_of(const Profile& profile, const std::string& name) {
  return {
      {"version", kGeckoFormat},
      {"preprocessedProfileVersion", kFormat},
      {"product", name},
      {"startTime", static_cast<double>(profile.time_nanos()) / 1e6},
      {"interval", 1},
      {"processType", 0},
      {"stackwalk", 1},
      {"debug", false},
      {"symbolicated", true},
      {"pausedRanges", json::array()},
      {"markerSchema", json::array()},
      {"usesOnlyOneStackType", true},
      {"doesNotUseFrameImplementation", true},
      {"sourceCodeIsNotOnSearchfox", true},
      {"extensions",
       {{"length", 0}, {"id", json::array()}, {"name", json::array()}, {"baseURL", json::array()}}},
      {"categories",
       {{{"name", "Other"}, {"color", "grey"}, {"subcategories", json::array({"Other"})}}}},
      {"sampleUnits", {{"time", "ms"}, {"eventDelay", "ms"}, {"threadCPUDelta", "ns"}}}};
}

}  // namespace

std::string firefox_profile(const Profile& profile, int type, const std::string& name) {
  const std::string& unit = text_of(profile, profile.sample_type(type).unit());
  const bool is_time = unit == "nanoseconds", is_bytes = unit == "bytes";
  const std::string weight_type = is_time ? "tracing-ms" : is_bytes ? "bytes" : "samples";
  const LocationFrames locations = frames_of(profile);
  std::map<ThreadName, Thread> threads;
  for (const auto& sample : profile.sample()) {
    const auto value = static_cast<double>(sample.value(type));
    if (value <= 0) continue;
    threads[thread_of(profile, sample)].add(frames_of(sample, locations),
                                            is_time ? value / 1e6 : value);
  }
  json tables = json::array();
  for (const auto& [thread, table] : threads) {
    tables.push_back(table.table(thread, name, "1", weight_type, tables.empty()));
  }
  const json all = {{"meta", meta_of(profile, name)},
                    {"libs", json::array()},
                    {"pages", json::array()},
                    {"threads", tables},
                    {"profilerOverhead", json::array()},
                    {"counters", json::array()}};
  return all.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace program
