#include "encoder/program/agent/endpoints.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "encoder/program/agent/host_files.h"
#include "encoder/program/agent/look.h"
#include "encoder/program/agent/text_forms.h"
#include "encoder/program/agent/window.h"

namespace program {
namespace {

constexpr int64_t kMostSeconds = 3600;
constexpr uint64_t kSecond = 1000000000;
constexpr size_t kLeastRoom = 1 << 20;

// As Go's ParseInt: the whole text or nothing.
bool read_number(const std::string& text, int64_t* number) {
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(begin, end, *number);
  return error == std::errc() && at == end && begin != end;
}

int64_t number_or_0(const std::string& text) {
  int64_t number = 0;
  return read_number(text, &number) ? number : 0;
}

Answer left() {
  return failure(500, "context canceled");
}

Answer too_many() {
  return failure(503, "too many requests with seconds are under way");
}

bool go_subtracts(const std::string& mode) {
  return has_delta(mode) || mode == "threadcreate" || mode == "threads" || mode == "fd" ||
         mode == "custom";
}

}  // namespace

Answer failure(int status, const std::string& sentence) {
  Answer answer;
  answer.status = status;
  answer.body = sentence + "\n";
  return answer;
}

std::string Question::parameter(const std::string& key) const {
  const auto at = parameters.find(key);
  return at == parameters.end() ? "" : at->second;
}

Answer Endpoints::answer(const Question& question) {
  if (question.name == "cmdline") return command_line();
  if (question.name == "symbol") return symbols(question.raw);
  if (question.name == "delta_heap") return delta(question, "heap");
  if (question.name == "delta_block") return delta(question, "block");
  if (question.name == "delta_mutex") return delta(question, "mutex");
  const bool is_profile = question.name == "profile";
  const int mode = tables_.find_mode(is_profile ? "cpu" : question.name);
  if (mode < 0 && is_profile) {
    return failure(500, "Could not enable CPU profiling: the cpu mode is not there");
  }
  // cpu has its own name here, as in Go.
  if (mode < 0 || question.name == "cpu") return failure(404, "Unknown profile");
  const auto index = static_cast<unsigned>(mode);
  if (is_window(tables_.mode_name(index)) || question.name == "trace")
    return window(question, question.name, index);
  if (!question.parameter("seconds").empty()) return difference(question, index);
  return snapshot(question, index);
}

Answer Endpoints::command_line() const {
  Answer answer;
  answer.body = tables_.text(tables_.header().command_line);
  while (answer.body.ends_with('\0')) answer.body.pop_back();
  return answer;
}

Answer Endpoints::symbols(const std::string& raw) const {
  Answer answer;
  answer.body = symbol_lines(tables_, names_, raw);
  return answer;
}

Answer Endpoints::window(const Question& question, const std::string& file_name, unsigned mode) {
  int64_t seconds = number_or_0(question.parameter("seconds"));
  const bool is_trace = tables_.mode_name(mode) == "trace";
  if (seconds <= 0) seconds = is_trace ? 1 : 30;  // as in Go
  seconds = std::min(seconds, kMostSeconds);
  const auto lasting = lasting_.take(seconds);
  if (lasting == nullptr) return too_many();
  Window window(tables_, beginnings_, mode, question.is_over);
  window.last(static_cast<uint64_t>(seconds) * kSecond);
  if (!window.has_beginning()) return too_many();
  auto place = room_for(question);
  if (place == nullptr) return left();
  std::string bytes, problem;
  if (!window.take(false, &bytes, &problem)) return failure(500, problem);
  return finish(question, std::move(bytes), file_name, std::move(place));
}

// An encoding takes some part of what the tables take.
std::unique_ptr<AnswerRoom::Place> Endpoints::room_for(const Question& question) const {
  return room_.take(kLeastRoom + tables_.view().used_bytes() / 2, question.is_over);
}

Answer Endpoints::snapshot(const Question& question, unsigned mode) const {
  auto place = room_for(question);
  if (place == nullptr) return left();
  Look look;
  look.mode = mode;
  std::string bytes, problem;
  if (!take(tables_, look, &bytes, &problem)) return failure(500, problem);
  const int64_t debug = number_or_0(question.parameter("debug"));
  if (debug == 0) {
    return finish(question, std::move(bytes), question.name, std::move(place));
  }
  Answer answer;
  PackedProfile profile;
  if (names_ != nullptr) bytes = names_->with_names(bytes);
  if (!profile.read(bytes)) return failure(500, "the tables are damaged");
  // As Go: below 0 only the heap is text.
  const bool is_heap = profile.rest().sample_type_size() == 4;
  if (debug < 0 && !is_heap) {
    answer.body = std::move(bytes);
  } else if (debug >= 2 && tables_.mode_name(mode) == "threads") {
    answer.text = stacks_form(std::move(profile));
  } else {
    answer.text = text_form(question.name, std::move(profile));
  }
  answer.place = std::move(place);
  return answer;
}

Answer Endpoints::difference(const Question& question, unsigned mode) {
  int64_t seconds = 0;
  if (!read_number(question.parameter("seconds"), &seconds) || seconds <= 0) {
    return failure(400, "invalid value for \"seconds\" - must be a positive integer");
  }
  if (!go_subtracts(tables_.mode_name(mode))) {
    return failure(400, "\"seconds\" parameter is not supported for this profile type");
  }
  if (number_or_0(question.parameter("debug")) != 0) {
    return failure(400, "seconds and debug params are incompatible");
  }
  seconds = std::min(seconds, kMostSeconds);
  const auto lasting = lasting_.take(seconds);
  if (lasting == nullptr) return too_many();
  Window window(tables_, beginnings_, mode, question.is_over);
  if (!window.last(static_cast<uint64_t>(seconds) * kSecond)) {
    return window.has_beginning() ? left() : too_many();
  }
  auto place = room_for(question);
  if (place == nullptr) return left();
  std::string bytes, problem;
  if (!window.take(true, &bytes, &problem)) return failure(500, problem);
  return finish(question, std::move(bytes), question.name + "-delta", std::move(place));
}

// godeltaprof's: what is new since whoever asked last.
Answer Endpoints::delta(const Question& question, const std::string& mode_name) {
  const int mode = tables_.find_mode(mode_name);
  if (mode < 0) return failure(404, "Unknown profile");
  auto place = room_for(question);
  if (place == nullptr) return left();
  const std::lock_guard lock(deltas_mutex_);
  RowValues& before = deltas_[mode_name];
  RowValues now;
  Look look;
  look.mode = static_cast<unsigned>(mode);
  look.since = Since::kLookCounts;
  look.before = &before;
  look.now = &now;
  look.begun_ns = UINT64_MAX;  // godeltaprof tells no duration
  std::string bytes, problem;
  if (!take(tables_, look, &bytes, &problem)) return failure(500, problem);
  before = std::move(now);
  return finish({}, std::move(bytes), mode_name + ".pprof.gz", std::move(place));
}

Answer Endpoints::finish(const Question& question, std::string bytes, const std::string& file_name,
                         std::unique_ptr<AnswerRoom::Place> place) const {
  if (names_ != nullptr) bytes = names_->with_names(bytes);
  Answer answer;
  if (question.parameter("format") == "json") {
    PackedProfile profile;
    if (!profile.read(bytes)) return failure(500, "the tables are damaged");
    answer.type = "application/json";
    answer.text = json_form(std::move(profile));
    answer.place = std::move(place);
    return answer;
  }
  answer.type = "application/octet-stream";
  answer.file_name = file_name;
  answer.body = std::move(bytes);
  answer.place = std::move(place);
  return answer;
}

}  // namespace program
