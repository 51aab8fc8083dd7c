#include "env/options.h"

#include <cstring>

#include "env/sys/text.h"

namespace options {

namespace {

void assign(uint64_t& field, const Value& value) {
  field = value.number;
}
void assign(bool& field, const Value& value) {
  field = value.number != 0;
}
void assign(std::string_view& field, const Value& value) {
  field = value.text;
}
void assign(Modes& field, const Value& value) {
  field.bits = value.number;
}
template <typename Enum>
void assign(Enum& field, const Value& value) {
  field = static_cast<Enum>(value.number);
}

}  // namespace

constinit const Row kRows[kRowCount] = {
#define OPTION(type, NAME, field, default_text, check, meaning) \
  {#NAME, default_text, check, meaning,                         \
   [](Options& options, const Value& value) { assign(options.field, value); }},
#include "env/options.def"
};

namespace {

constexpr size_t kShownBytes = 60;
constexpr size_t kLongestName = 32;  // more of a name does not help to find its nearest

Value default_value(const Row& row, bool terminal) {
  Value value;
  char unused[64];
  text::Builder problem(unused);
  const std::string_view given = default_text(row, terminal);
  if (given != "none") read_value(row.check, given, value, problem);
  return value;
}

// Where the part of a URL begins that a line may show: behind its user and password, whatever these
// hold. Without an '@' what follows the host's ':' may be a password whose end is missing.
size_t shown_from(std::string_view value, bool is_url) {
  const size_t scheme = text::find(value, "://");
  if (!is_url && scheme == text::kNowhere) return 0;
  const size_t at = text::find_last(value, '@');
  if (at != text::kNowhere) return at;
  if (!is_url) return 0;
  const std::string_view host = scheme == text::kNowhere ? value : text::part(value, scheme + 3);
  return text::find(host, ":") == text::kNowhere ? 0 : value.size();
}

// The value as a line shows it: in quotes, cut, without the user and password of a URL.
void show(std::string_view value, bool is_url, text::Builder& out) {
  const size_t size_bytes = value.size();
  const size_t from = shown_from(value, is_url);
  out << (from != 0 ? "\"***" : "\"");
  value = text::part(value, from);
  out << text::part(value, 0, kShownBytes);
  if (value.size() <= kShownBytes) {
    out << '"';
  } else {
    out << "...\" (" << uint64_t{size_bytes} << " bytes)";
  }
}

// Levenshtein's distance, letters of either case alike. A name that holds the other whole is as
// near as one slip: people drop or add a word (PROFILER_HZ, PROFILER_HEAP_RATE_BYTES).
unsigned distance(std::string_view given, std::string_view known) {
  given = text::part(given, 0, kLongestName);
  if (given == known) return 0;
  if (given.size() > 1 && text::find(known, given) != text::kNowhere) return 1;
  if (text::find(given, known) != text::kNowhere) return 1;
  unsigned row[kLongestName + 1];
  for (unsigned j = 0; j <= known.size(); j++) row[j] = j;
  for (unsigned i = 1; i <= given.size(); i++) {
    unsigned diagonal = row[0];
    row[0] = i;
    for (unsigned j = 1; j <= known.size(); j++) {
      const bool same = text::upper(given.data()[i - 1]) == known.data()[j - 1];
      unsigned least = diagonal + (same ? 0 : 1);
      if (row[j] + 1 < least) least = row[j] + 1;
      if (row[j - 1] + 1 < least) least = row[j - 1] + 1;
      diagonal = row[j];
      row[j] = least;
    }
  }
  return row[known.size()];
}

const Row& nearest(std::string_view given) {
  const Row* best = &kRows[0];
  for (const Row& row : kRows) {
    static_assert(sizeof "MUTEX_FRACTION" <= kLongestName);
    if (distance(given, row.name) < distance(given, best->name)) best = &row;
  }
  return *best;
}

class Parser {
 public:
  Parser(bool terminal, Storage& storage, Sink sink)
      : terminal_(terminal), storage_(storage), sink_(sink), options_(defaults(terminal)) {}

  // PROFILER_LOG is read first, since it decides on the lines about the others.
  void read(const char* const* environment) {
    for (const bool log_only : {true, false}) {
      for (const char* const* entry = environment; *entry != nullptr; entry++) {
        if (strncmp(*entry, kPrefix.data(), kPrefix.size()) == 0) read_entry(*entry, log_only);
      }
    }
  }
  // The ring lies in the tables, which samples need too.
  void fit_trace_buffer() {
    const uint64_t half = options_.memory_bytes / 2;
    if (options_.trace_buffer_bytes <= half) return;
    if (options_.modes.has(Mode::kTrace)) {
      line_.shorten(0);
      line_ << kPrefix << "TRACE_BUFFER: at most half of " << kPrefix << "MEMORY; used: " << half
            << " bytes";
      end_line();
    }
    options_.trace_buffer_bytes = half;
  }
  const Options& result() const { return options_; }

 private:
  void read_entry(std::string_view entry, bool log_only) {
    const size_t equals = text::find(entry, "=");
    if (equals == text::kNowhere) return;
    const std::string_view name = text::part(entry, kPrefix.size(), equals - kPrefix.size());
    const std::string_view value = text::part(entry, equals + 1);
    for (size_t i = 0; i < kRowCount; i++) {
      const Row& row = kRows[i];
      if (row.name != name) continue;
      if (log_only && name != "LOG") return;
      if (!seen_[i]) read_row(row, value);
      seen_[i] = true;
      return;
    }
    if (!log_only) present_raw_thread(name, value);
  }

  void read_row(const Row& row, std::string_view given) {
    if (given.empty() || given == default_text(row, terminal_)) return;
    Value value;
    char problem_bytes[256];
    text::Builder problem(problem_bytes);
    const Verdict verdict = read_value(row.check, given, value, problem);
    if (verdict == Verdict::kBad) {
      value = default_value(row, terminal_);
    } else {
      value.text = keep(value.text);
      row.store(options_, value);
    }
    if (verdict != Verdict::kGood) tell_bad(row, given, problem.view(), value);
  }

  std::string_view keep(std::string_view value) {
    if (value.empty()) return {};
    char* copy = storage_.bytes + used_;
    memcpy(copy, value.data(), value.size());  // fits: each text once, at most Check::text_bytes
    used_ += value.size();
    return {copy, value.size()};
  }

  void tell_bad(const Row& row, std::string_view given, std::string_view problem,
                const Value& used) {
    text::Builder& line = start_line(row.name, given, is_url(row));
    if (!problem.empty()) line << problem << "; ";
    line << "accepted: ";
    describe_accepted(row.check, line);
    line << "; used: ";
    Label label;
    if (row.check.kind == Kind::kModes) {
      list_modes({used.number}, line);
    } else if (row.check.kind == Kind::kLabels && LabelList(used.text).next(label)) {
      line << "the other pairs";
    } else {
      line << default_text(row, terminal_);
    }
    end_line();
  }

  void present_raw_thread(std::string_view name, std::string_view value) {
    start_line(text::part(name, 0, kShownBytes), value, false)
        << "no such variable; the nearest is " << kPrefix << nearest(name).name
        << " (PROFILER_HELP=1 lists all); it is ignored";
    end_line();
  }

  text::Builder& start_line(std::string_view name, std::string_view value, bool url) {
    line_.shorten(0);
    line_ << kPrefix << name << '=';
    show(value, url, line_);
    return line_ << ": ";
  }

  static bool is_url(const Row& row) { return row.check.kind == Kind::kUrl; }

  void end_line() {
    if (options_.log == logging::Level::kQuiet) return;
    for (size_t i = 0; i < line_.size(); i++) {
      if (line_bytes_[i] < ' ' || line_bytes_[i] > '~') line_bytes_[i] = '?';
    }
    sink_.line(sink_.context, line_.view());
  }

  const bool terminal_;
  Storage& storage_;
  const Sink sink_;
  size_t used_ = 0;
  bool seen_[kRowCount] = {};
  char line_bytes_[900];  // a logging::Line holds it
  text::Builder line_{line_bytes_};
  Options options_;
};

}  // namespace

std::string_view default_text(const Row& row, bool stderr_is_terminal) {
  constexpr std::string_view kFork = " on a terminal, else ";
  const size_t at = text::find(row.default_text, kFork);
  if (at == text::kNowhere) return row.default_text;
  return stderr_is_terminal ? text::part(row.default_text, 0, at)
                            : text::part(row.default_text, at + kFork.size());
}

Options defaults(bool stderr_is_terminal) {
  Options options;
  for (const Row& row : kRows) row.store(options, default_value(row, stderr_is_terminal));
  return options;
}

Options parse(const char* const* environment, bool stderr_is_terminal, Storage& storage,
              Sink sink) {
  Parser parser(stderr_is_terminal, storage, sink);
  if (environment != nullptr) parser.read(environment);
  parser.fit_trace_buffer();
  return parser.result();
}

}  // namespace options
