// The comments of a profile: what it was made by, of and with, and what it lacks.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoder/pprof/memory_facts.h"
#include "encoder/pprof/mode.h"
#include "encoder/pprof/standard_error.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"
#include "tables/tables_view.h"

namespace encoder {

// What only the end of an encoding knows.
struct Outcome {
  uint64_t samples_written;
  uint64_t bad_entries;
  bool gave_up;  // the tables asked for more work than any honest ones
  uint64_t duration_ns;
  HeapTotals heap;
  const MemoryFacts* memory;  // or null
};

class CommentWriter {
 public:
  CommentWriter(const TablesView& view, const Mode& mode, StringTable& strings, MessageStream& out)
      : view_(view), mode_(mode), strings_(strings), out_(out) {}

  // `extra` has lines of the caller's, which come behind the notes of the tables.
  void write_all(const Outcome& outcome, std::string_view extra);

 private:
  void write_origin();
  void write_rate();
  void write_counters(const Outcome& outcome);
  void write_unfollowed();
  void write_reason_of_emptiness(const Outcome& outcome);
  void write_lines(std::string_view text);
  StringTable& quiet();
  void write_trouble(std::string_view what, uint64_t count);
  void write_number(std::string_view key, uint64_t number);
  void write_text(std::string_view key, layout::Ref text);
  void write_start_time();
  void end();  // writes the comment that the string table has been given

  const TablesView& view_;
  const Mode& mode_;
  StringTable& strings_;
  MessageStream& out_;
  uint64_t bad_ = 0;  // counted before, where it matters
};

struct CivilDate {
  int64_t year;
  unsigned month, day;
};
// The date of the proleptic Gregorian calendar, days since 1970-01-01.
CivilDate civil_date(int64_t days);

}  // namespace encoder
