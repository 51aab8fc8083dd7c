#include "collectors/wall/thread_time_report.h"

#include "collectors/threads/threads.h"
#include "tables/tables.h"

namespace thread_time_report {

namespace {

using thread_times::kStates;
using thread_times::Sums;

// Rows of the threads that lived longest; the others are one row.
constexpr unsigned kRows = 24;

struct Row {
  int tid;
  layout::Ref name;  // Text
  Sums sums;
};

Row rows[kRows];
unsigned row_count;
unsigned other_count;
Sums others;
std::atomic<uint64_t> ended_count, ended_life_ns;
std::atomic<int64_t> ended_ns[kStates];

void add_to(Sums& sum, const Sums& more) {
  sum.life_ns += more.life_ns;
  for (unsigned i = 0; i < kStates; i++) sum.ns[i] += more.ns[i];
}

// Seconds with three decimals.
void write_seconds(text::Builder& out, int64_t ns) {
  const auto ms = static_cast<uint64_t>((ns < 0 ? 0 : ns) + 500000) / 1000000;
  out << " " << ms / 1000 << ".";
  if (ms % 1000 < 100) out << "0";
  if (ms % 1000 < 10) out << "0";
  out << ms % 1000;
}

void write_sums(text::Builder& out, const Sums& sums) {
  for (const int64_t ns : sums.ns) write_seconds(out, ns);
  out << " =";
  write_seconds(out, static_cast<int64_t>(sums.life_ns));
  out << "\n";
}

void write_name(text::Builder& out, layout::Ref text) {
  for (const char c : tables::text_at(text)) out << (c > ' ' && c < 0x7f ? c : '_');
}

}  // namespace

void forget() {
  ended_count.store(0, std::memory_order_relaxed);
  ended_life_ns.store(0, std::memory_order_relaxed);
  for (auto& ns : ended_ns) ns.store(0, std::memory_order_relaxed);
  begin();
}

void begin() {
  row_count = other_count = 0;
  others = {};
}

void add(const Thread& thread, int tid, const Sums& sums) {
  Row row{tid, thread.name.load(std::memory_order_relaxed), sums};
  if (row_count < kRows) {
    rows[row_count++] = row;
    return;
  }
  unsigned shortest = 0;
  for (unsigned i = 1; i < kRows; i++) {
    if (rows[i].sums.life_ns < rows[shortest].sums.life_ns) shortest = i;
  }
  if (rows[shortest].sums.life_ns < sums.life_ns) {
    const Row longer = row;
    row = rows[shortest];
    rows[shortest] = longer;
  }
  add_to(others, row.sums);
  other_count++;
}

void add_ended(const Sums& sums) {
  ended_count.fetch_add(1, std::memory_order_relaxed);
  ended_life_ns.fetch_add(sums.life_ns, std::memory_order_relaxed);
  for (unsigned i = 0; i < kStates; i++) {
    ended_ns[i].fetch_add(sums.ns[i], std::memory_order_relaxed);
  }
}

void write(text::Builder& out) {
  if (row_count == 0) return;
  out << "# seconds by state:";
  for (unsigned i = 0; i < kStates; i++) {
    out << " " << thread_times::name_of(static_cast<thread_times::State>(i));
  }
  out << " = life\n";
  for (unsigned i = 0; i < row_count; i++) {
    out << "# ";
    write_name(out, rows[i].name);
    out << " " << static_cast<uint64_t>(rows[i].tid) << ":";
    write_sums(out, rows[i].sums);
  }
  if (other_count != 0) {
    out << "# " << uint64_t{other_count} << " more:";
    write_sums(out, others);
  }
  const uint64_t ended = ended_count.load(std::memory_order_relaxed);
  if (ended == 0) return;
  Sums sums{ended_life_ns.load(std::memory_order_relaxed), {}};
  for (unsigned i = 0; i < kStates; i++) sums.ns[i] = ended_ns[i].load(std::memory_order_relaxed);
  out << "# " << ended << " ended:";
  write_sums(out, sums);
}

}  // namespace thread_time_report
