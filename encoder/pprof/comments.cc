#include "encoder/pprof/comments.h"

#include "encoder/pprof/heap_comments.h"
#include "encoder/pprof/profile_fields.h"
#include "encoder/pprof/samples.h"

namespace encoder {
namespace {

constexpr size_t kMaxCommandLine = 4 << 10;
constexpr unsigned kMaxNotes = 64;
constexpr uint64_t kSecond = 1000000000;

constexpr std::string_view kCounterNames[layout::kCounterCount] = {
    "unwind failures",
    "truncated stacks",
    "stacks ending in unknown code",
    "refused for memory",
    "live blocks not kept",
    "timers that failed",
    "signals of others",
    "blocks that were freed past the profiler",
    "damaged entries met by the program",
};

uint64_t load(const std::atomic<uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);  // stale: a figure of a moment ago
}

}  // namespace

// By eras of 400 years, which begin on 1 March so that the leap day is the last of a year.
CivilDate civil_date(int64_t days) {
  constexpr int64_t kEraDays = 146097;
  days += 719468;  // since 0000-03-01
  const int64_t era = (days >= 0 ? days : days - (kEraDays - 1)) / kEraDays;
  const auto day_of_era = static_cast<unsigned>(days - era * kEraDays);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month = (5 * day_of_year + 2) / 153;  // March is 0
  CivilDate date;
  date.day = day_of_year - (153 * month + 2) / 5 + 1;
  date.month = month < 10 ? month + 3 : month - 9;
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

void CommentWriter::write_all(const Outcome& outcome, std::string_view extra) {
  write_origin();
  write_counters(outcome);
  HeapCommentWriter(mode_, strings_, out_).write_all(outcome.heap, outcome.memory);
  uint64_t bad = 0;
  write_lines(view_.text(view_.header().note, &bad));
  write_lines(extra);
  if (outcome.samples_written == 0) write_reason_of_emptiness(outcome);
}

// pprof shows comments above every report, but those that begin with '#': only what a reader has to
// know (a loss, a reason, a note) is shown, the rest is there for `-comments`.
StringTable& CommentWriter::quiet() {
  return strings_.start().add("# ");
}

void CommentWriter::write_origin() {
  const layout::Header& header = view_.header();
  quiet().add("libprofiler " PROFILER_VERSION);
  end();
  quiet().add("mode: ").add(mode_.name);
  end();
  write_rate();
  write_text("command: ", header.command_line);
  write_text("host: ", header.host_name);
  write_number("pid: ", static_cast<uint32_t>(header.pid));
  write_start_time();
}

void CommentWriter::write_rate() {
  const std::string_view type = strings_[mode_.period_type];
  const std::string_view unit = strings_[mode_.period_unit];
  const uint64_t period = mode_.period;
  if (unit == "nanoseconds" && period > 0) {
    quiet().add("rate: ").add_number((kSecond + period / 2) / period);
    strings_.add(" Hz, one sample every ").add_number(period).add(" nanoseconds of ").add(type);
  } else if (unit == "bytes" && period > 1) {
    quiet().add("rate: one sample every ").add_number(period).add(" bytes on average");
  } else if (unit == "bytes") {
    quiet().add("rate: every allocation");
  } else {
    quiet().add("period: ").add_number(period).add(" ").add(type);
  }
  end();
}

void CommentWriter::write_counters(const Outcome& outcome) {
  const layout::Header& header = view_.header();
  write_number("samples: ", load(mode_.source->samples));
  write_trouble("lost", load(mode_.source->lost));
  for (unsigned i = 0; i < layout::kCounterCount; i++) {
    write_trouble(kCounterNames[i], load(header.counters[i]));
  }
  write_unfollowed();
  const uint64_t limit = once(header.limit);
  const uint64_t used = load(header.used);
  quiet().add("memory used: ").add_number(used < limit ? used : limit);
  strings_.add(" of ").add_number(limit).add(" bytes");
  end();
  if (outcome.bad_entries > 0) write_trouble("damaged table entries skipped", outcome.bad_entries);
  if (outcome.gave_up) {
    strings_.start().add("damaged: the tables lead in circles and were not read to their end");
    end();
  }
}

// In-use is the sum over the live blocks that are known: what it lacks is stated in its own units.
void CommentWriter::write_unfollowed() {
  if (mode_.live_from >= mode_.value_count || mode_.live_kind != layout::LiveKind::kBlocks) return;
  const layout::Header& header = view_.header();
  const int64_t objects = rounded(header.unfollowed_objects.load(std::memory_order_relaxed));
  const int64_t bytes = rounded(header.unfollowed_bytes.load(std::memory_order_relaxed));
  if (objects <= 0 && bytes <= 0) return;
  strings_.start().add("in-use not known: ").add_number(static_cast<uint64_t>(objects));
  strings_.add(" objects, ").add_number(static_cast<uint64_t>(bytes));
  strings_.add(" bytes were allocated when PROFILER_MEMORY was full; they are in no in-use value,");
  strings_.add(" and whether they were freed was not followed");
  end();
}

void CommentWriter::write_reason_of_emptiness(const Outcome& outcome) {
  const uint64_t recorded = load(mode_.source->samples);
  strings_.start().add("empty: ");
  if (recorded > 0) {
    strings_.add_number(recorded).add(" events were recorded and none of them is left to show");
  } else if (mode_.source->armed.load(std::memory_order_relaxed) == 0) {
    strings_.add("no sample was taken; the mode is not armed");
  } else {
    strings_.add("no sample was taken in ").add_number(outcome.duration_ns / 1000000).add(" ms");
  }
  end();
}

void CommentWriter::write_lines(std::string_view text) {
  for (unsigned lines = 0; !text.empty() && lines < kMaxNotes; lines++) {
    const size_t size = text.substr(0, StringTable::kMaxLength).find('\n');
    const std::string_view line = text.substr(0, size);
    if (!line.empty()) {
      // "# " is how a writer says that a line is a fact and no trouble.
      const bool hides = line[0] == '#' && line.substr(0, 2) != "# ";
      strings_.start().add(hides ? "note: " : "").add(line);
      end();
    }
    text.remove_prefix(size == std::string_view::npos ? text.size() : size + 1);
  }
}

void CommentWriter::write_trouble(std::string_view what, uint64_t count) {
  (count == 0 ? quiet() : strings_.start()).add(what).add(": ").add_number(count);
  end();
}

void CommentWriter::write_number(std::string_view key, uint64_t number) {
  quiet().add(key).add_number(number);
  end();
}

void CommentWriter::write_text(std::string_view key, layout::Ref text) {
  std::string_view value = cut(view_.text(text, &bad_), kMaxCommandLine);
  while (!value.empty() && value.back() == '\0') value.remove_suffix(1);
  if (value.empty()) return;
  quiet().add(key).add(value);  // NULs between arguments become spaces
  end();
}

void CommentWriter::write_start_time() {
  const uint64_t time_ns = view_.header().start_realtime_ns;
  const uint64_t seconds = time_ns / kSecond;
  const CivilDate date = civil_date(static_cast<int64_t>(seconds / 86400));
  const auto of_day = static_cast<unsigned>(seconds % 86400);
  quiet().add("start: ").add_number(static_cast<uint64_t>(date.year), 4).add("-");
  strings_.add_number(date.month, 2).add("-").add_number(date.day, 2).add("T");
  strings_.add_number(of_day / 3600, 2).add(":").add_number(of_day / 60 % 60, 2).add(":");
  strings_.add_number(of_day % 60, 2).add(".").add_number(time_ns % kSecond / 1000000, 3).add("Z");
  end();
}

void CommentWriter::end() {
  // An int64 field, so not packed: both forms are valid, and the number is not known before.
  out_.varint(profile_fields::profile::kComment, strings_.finish_as_line());
}

}  // namespace encoder
