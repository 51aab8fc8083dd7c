#include "program/agent/http/endpoints.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "program/agent/http/text_forms.h"
#include "program/agent/http/trace_form.h"
#include "program/agent/http/window.h"
#include "program/agent/target/tables_reading.h"
#include "program/agent/target/target_files.h"

namespace program {
namespace {

constexpr int64_t kMostSeconds = 3600;
constexpr uint64_t kSecond = 1000000000;
constexpr char kBytesType[] = "application/octet-stream";
constexpr char kDamaged[] = "the tables are damaged";

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
  const uint64_t end_ns = monotonic_ns();
  if (!window.take(false, &bytes, &problem)) return failure(500, problem);
  if (is_trace && question.parameter("format") == "json") {
    if (names_ != nullptr) bytes = names_->with_names(bytes);
    Answer answer;
    answer.type = "application/json";
    auto text = trace_form(std::move(bytes), end_ns, static_cast<double>(seconds));
    if (text == nullptr) return failure(500, "the trace is damaged");
    answer.text = in_place(std::move(text), std::move(place));
    return answer;
  }
  return finish(question, std::move(bytes), file_name, std::move(place));
}

std::unique_ptr<AnswerRoom::Place> Endpoints::room_for(const Question& question) const {
  return room_.take(encoding_bytes(tables_), question.is_over);
}

Answer Endpoints::snapshot(const Question& question, unsigned mode) {
  const int64_t debug = number_or_0(question.parameter("debug"));
  // As Go: below 0 only the heap is text.
  const bool is_text = debug > 0 || (debug < 0 && tables_.header().modes[mode].value_count == 4);
  Form form = Form::kBytes;
  if (debug == 0 && question.parameter("format") == "json") form = Form::kJson;
  if (is_text) form = Form::kText;
  if (debug >= 2 && tables_.mode_name(mode) == "threads") form = Form::kStacks;
  Answer failed = left();
  Answer answer;
  answer.text = snapshots_.take(
      {question.name, form}, [&] { return make(question, mode, form, &failed); }, question.is_over);
  if (answer.text == nullptr) return failed;
  if (debug == 0 && form == Form::kBytes) answer.file_name = question.name;
  if (debug == 0) answer.type = form == Form::kJson ? "application/json" : kBytesType;
  return answer;
}

Text Endpoints::make(const Question& question, unsigned mode, Form form, Answer* failed) const {
  auto place = room_for(question);
  if (place == nullptr) return nullptr;
  TablesReading look;
  look.mode = mode;
  std::string bytes, problem;
  if (!take(tables_, look, &bytes, &problem)) {
    *failed = failure(500, problem);
    return nullptr;
  }
  Text text = in_form(question.name, form, std::move(bytes), std::move(place));
  if (text == nullptr) *failed = failure(500, kDamaged);
  return text;
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

// godeltaprof's: what is new since the last request, whether its answer arrived or not.
Answer Endpoints::delta(const Question& question, const std::string& mode_name) {
  const int mode = tables_.find_mode(mode_name);
  if (mode < 0) return failure(404, "Unknown profile");
  // First the turn, then the room: what waits for its turn must take none.
  const std::lock_guard lock(deltas_mutex_);
  auto place = room_for(question);
  if (place == nullptr) return left();
  // Of a large profile two copies would take as much again as the encoding.
  RowValues& rows = deltas_[mode_name];
  TablesReading look;
  look.mode = static_cast<unsigned>(mode);
  look.since = Since::kReadCounts;
  look.before = look.now = &rows;
  look.begun_ns = UINT64_MAX;  // godeltaprof tells no duration
  std::string bytes, problem;
  if (!take(tables_, look, &bytes, &problem)) return failure(500, problem);
  return finish({}, std::move(bytes), mode_name + ".pprof.gz", std::move(place));
}

Answer Endpoints::finish(const Question& question, std::string bytes, const std::string& file_name,
                         std::unique_ptr<AnswerRoom::Place> place) const {
  const bool is_json = question.parameter("format") == "json";
  Answer answer;
  answer.text = in_form(question.name, is_json ? Form::kJson : Form::kBytes, std::move(bytes),
                        std::move(place));
  if (answer.text == nullptr) return failure(500, kDamaged);
  answer.type = is_json ? "application/json" : kBytesType;
  if (!is_json) answer.file_name = file_name;
  return answer;
}

// Null if the bytes are no profile.
Text Endpoints::in_form(const std::string& name, Form form, std::string bytes,
                        std::unique_ptr<AnswerRoom::Place> place) const {
  if (names_ != nullptr) bytes = names_->with_names(bytes);
  if (form == Form::kBytes) return in_place(plain_text(std::move(bytes)), std::move(place));
  PackedProfile profile;
  if (!profile.read(bytes)) return nullptr;
  bytes = std::string();
  if (form == Form::kJson) return in_place(json_form(std::move(profile)), std::move(place));
  if (form == Form::kStacks) return in_place(stacks_form(std::move(profile)), std::move(place));
  return in_place(text_form(name, std::move(profile)), std::move(place));
}

}  // namespace program
